import { Button, Field, Input } from '@souk/ui/plain'
import {
  type ActionFunctionArgs,
  Form,
  Link,
  redirect,
  useActionData,
  useNavigation,
  useSearchParams,
} from 'react-router'
import { enter } from '../enter.server.ts'
import { type Answered, failureOf, nextOf, textOf, typedOf } from '../forms.server.ts'
import { langOf, pathIn } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { Page } from '../parts/page.tsx'
import { visitContext } from '../visit.server.ts'

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  const form = await request.formData()
  const url = new URL(request.url)
  const email = textOf(form, 'email', 320)
  const password = typedOf(form, 'password')
  const code = textOf(form, 'code', 40)
  try {
    const body = { email, password, ...(code !== '' && { code }) }
    await enter(visit, await visit.souk.logIn({ body }), email)
  } catch (error) {
    const answer = failureOf(error)
    return { ok: false, failure: answer.fields === undefined ? answer.failure : { key: 'sign-in.wrong' } }
  }
  throw redirect(nextOf(url.searchParams.get('next'), pathIn(langOf(url.pathname), '/account')))
}

/** Answers that say the password is right, and what else is needed. */
const aboutCodes: readonly string[] = ['sign-in.code-needed', 'sign-in.code-wrong']

export default function SignIn() {
  const answer = useActionData<typeof action>()
  const asksForCode = answer?.ok === false && 'key' in answer.failure && aboutCodes.includes(answer.failure.key)
  const { t, to } = useWords()
  const { state } = useNavigation()
  const [search] = useSearchParams()
  return (
    <Page className="max-w-md!">
      <title>{`${t('sign-in.title')} · ${t('site.name')}`}</title>
      <h1 className="display mt-12 text-3xl sm:text-4xl">{t('sign-in.title')}</h1>
      <Form method="post" className="mt-6 space-y-4">
        <Failed answer={answer} />
        <Field label={t('sign-in.email')}>
          <Input name="email" type="email" autoComplete="username" required maxLength={320} />
        </Field>
        <Field label={t('sign-in.password')}>
          <Input name="password" type="password" autoComplete="current-password" required maxLength={128} />
        </Field>
        {asksForCode && (
          <Field label={t('sign-in.code')} hint={t('sign-in.code-hint')}>
            <Input name="code" autoComplete="one-time-code" required maxLength={40} autoFocus />
          </Field>
        )}
        <Button type="submit" variant="primary" size="lg" busy={state !== 'idle'} className="w-full">
          {t('sign-in.submit')}
        </Button>
      </Form>
      <p className="mt-6 text-center text-sm">
        <Link to={`${to('/sign-up')}?${search}`} className="py-1 text-accent hover:underline">
          {t('sign-in.new')}
        </Link>
      </p>
    </Page>
  )
}
