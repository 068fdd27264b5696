import { Button, Input } from '@souk/ui'
import { useNavigate } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** Somebody on the phone reads out a number: straight to it. A pasted link or line will do, too. */
export function OpenById({ what, to, param }: { what: string; to: string; param: string }) {
  const navigate = useNavigate()
  return (
    <form
      className="flex gap-1"
      onSubmit={(event) => {
        event.preventDefault()
        const input = event.currentTarget.elements.namedItem('id') as HTMLInputElement
        const id = uuid.exec(input.value)?.[0]
        input.setCustomValidity(id === undefined ? `This holds no id of an ${what}.` : '')
        if (id === undefined) input.reportValidity()
        else void navigate({ to, params: { [param]: id.toLowerCase() } } as never)
      }}
    >
      <Input
        name="id"
        aria-label={`Id of an ${what}`}
        placeholder={`Id of an ${what}`}
        className="w-40 sm:w-52"
        onInput={(event) => event.currentTarget.setCustomValidity('')}
      />
      <Button type="submit" aria-label={`Open the ${what}`}>
        <ArrowRight />
      </Button>
    </form>
  )
}
