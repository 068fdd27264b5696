import { Field, Input } from '@souk/ui'
import { word } from '../work/form.ts'

/** What the shop window speaks. The API keeps names in other languages too; they stay as they are. */
const languages = [
  ['en', 'English'],
  ['de', 'German'],
] as const

type Names = Readonly<Record<string, string>>

const fieldOf = (code: string, prefix: string) => `${prefix}in-${code}`

/** What something is called in each language of the shop window. @param prefix where a form has several such things */
export function NameFields({
  names = {},
  maxLength,
  prefix = '',
  of,
  className,
}: {
  names?: Names | undefined
  maxLength: number
  prefix?: string
  /** Said where the labels are not shown. */
  of?: string
  className?: string
}) {
  return languages.map(([code, language]) => (
    <Field
      key={code}
      label={of === undefined ? `In ${language}` : `${of} in ${language}`}
      hideLabel={of !== undefined}
      {...(of === undefined && { hint: 'Empty: as it is called above.' })}
      {...(className !== undefined && { className })}
    >
      <Input
        name={fieldOf(code, prefix)}
        lang={code}
        maxLength={maxLength}
        placeholder={of === undefined ? undefined : language}
        defaultValue={names[code] ?? ''}
      />
    </Field>
  ))
}

/** As the form has them; names in languages it does not show are kept. */
export function namesFrom(form: FormData, before: Names = {}, prefix = ''): Record<string, string> {
  const names: Record<string, string> = { ...before }
  for (const [code] of languages) {
    const name = word(form, fieldOf(code, prefix))
    if (name === '') delete names[code]
    else names[code] = name
  }
  return names
}
