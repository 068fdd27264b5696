// The components that stand on plain elements alone. For pages that must be small: `index.ts` brings Base UI and all icons
// into the build, even if little of it is left in the end.
export { Alert, Badge, type Tone } from './badge.tsx'
export { Button, type ButtonLook, type ButtonProps, buttonClass, IconButton } from './button.tsx'
export { Checkbox, ChoiceGroup, Radio } from './choice.tsx'
export { cx } from './cx.ts'
export { Field, type FieldProps, Input, Select, Textarea } from './field.tsx'
export { formatMoney, minorDigits, moneyForInput, parseMoney } from './money.ts'
export { Spinner } from './spinner.tsx'
export { EmptyState, Loading, Progress, Skeleton } from './states.tsx'
