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
  const body = { email, name: textOf(form, 'name', 100), password: typedOf(form, 'password') }
  try {
    await enter(visit, await visit.souk.register({ body }), email)
  } catch (error) {
    return failureOf(error)
  }
  throw redirect(nextOf(url.searchParams.get('next'), pathIn(langOf(url.pathname), '/account')))
}

export default function SignUp() {
  const answer = useActionData<typeof action>()
  const { t, to } = useWords()
  const { state } = useNavigation()
  const [search] = useSearchParams()
  const faults = answer?.ok === false ? answer.fields : undefined
  return (
    <Page className="max-w-md!">
      <title>{`${t('sign-up.title')} · ${t('site.name')}`}</title>
      <h1 className="display mt-12 text-3xl sm:text-4xl">{t('sign-up.title')}</h1>
      <Form method="post" className="mt-6 space-y-4">
        {faults === undefined && <Failed answer={answer} />}
        <Field label={t('sign-up.name')} error={faults?.name}>
          <Input name="name" autoComplete="name" required maxLength={100} />
        </Field>
        <Field label={t('sign-in.email')} error={faults?.email}>
          <Input name="email" type="email" autoComplete="username" required maxLength={320} />
        </Field>
        <Field label={t('sign-in.password')} hint={t('sign-up.password-hint')} error={faults?.password}>
          <Input name="password" type="password" autoComplete="new-password" required minLength={10} maxLength={128} />
        </Field>
        <Button type="submit" variant="primary" size="lg" busy={state !== 'idle'} className="w-full">
          {t('sign-up.submit')}
        </Button>
      </Form>
      <p className="mt-6 text-center text-sm">
        <Link to={`${to('/sign-in')}?${search}`} className="py-1 text-accent hover:underline">
          {t('sign-up.have')}
        </Link>
      </p>
    </Page>
  )
}
