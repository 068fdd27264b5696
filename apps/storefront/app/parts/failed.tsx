import { Alert } from '@souk/ui/plain'
import type { Answered } from '../forms.server.ts'
import { useWords } from '../i18n/words.tsx'

/** What did not work, where it was tried. */
export function Failed({ answer, className }: { answer: Answered | undefined; className?: string }) {
  const { t } = useWords()
  if (answer === undefined || answer.ok) return null
  const { failure, fields } = answer
  return (
    <div className={className}>
      <Alert tone="bad">
        <p>{'key' in failure ? t(failure.key) : failure.text}</p>
        {fields !== undefined && (
          <ul className="mt-1 list-disc pl-5">
            {Object.entries(fields).map(([name, text]) => (
              <li key={name}>
                {name}: {text}
              </li>
            ))}
          </ul>
        )}
      </Alert>
    </div>
  )
}
