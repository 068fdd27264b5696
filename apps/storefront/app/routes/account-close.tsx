import { Button, Field, Input } from '@souk/ui/plain'
import {
  type ActionFunctionArgs,
  Form,
  type LoaderFunctionArgs,
  redirect,
  useActionData,
  useNavigation,
} from 'react-router'
import { type Answered, failureOf, typedOf } from '../forms.server.ts'
import { langOf, pathIn } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { visitContext } from '../visit.server.ts'

export function loader({ context }: LoaderFunctionArgs) {
  context.get(visitContext).mustBeSignedIn()
  return null
}

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  visit.mustBeSignedIn()
  const form = await request.formData()
  try {
    await visit.souk.closeMyAccount({ body: { currentPassword: typedOf(form, 'password') } })
  } catch (error) {
    return failureOf(error)
  }
  visit.signOut()
  throw redirect(pathIn(langOf(new URL(request.url).pathname), '/'))
}

/** What goes, what stays and why, and the password once more: nothing brings an account back. */
export default function Close() {
  const answer = useActionData<typeof action>()
  const { t } = useWords()
  const { state } = useNavigation()
  return (
    <section className="max-w-xl">
      <title>{`${t('closing.title')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('closing.title')}</h2>
      <p className="mt-4">{t('closing.goes')}</p>
      <p className="mt-3">{t('closing.stays')}</p>
      <Form method="post" className="mt-6 space-y-5">
        <Failed answer={answer} />
        <Field label={t('sign-in.password')} hint={t('closing.password-hint')}>
          <Input name="password" type="password" autoComplete="current-password" required maxLength={512} />
        </Field>
        <Button type="submit" variant="danger" busy={state !== 'idle'}>
          {t('closing.submit')}
        </Button>
      </Form>
    </section>
  )
}
