import { Alert, Button, Field, Input } from '@souk/ui/plain'
import { ifMatch, isProblem } from '@souk/sdk'
import {
  type ActionFunctionArgs,
  Form,
  Link,
  type LoaderFunctionArgs,
  useActionData,
  useLoaderData,
  useNavigation,
} from 'react-router'
import { reading } from '../answers.server.ts'
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import { useWords } from '../i18n/words.tsx'
import { Avatar } from '../parts/avatar.tsx'
import { Failed } from '../parts/failed.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { largestBytes, sendPicture } from '../send-picture.server.ts'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    const { name } = visit.mustBeSignedIn()
    return { name, profile: await visit.souk.getMyProfile() }
  })

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered & { about?: string }> {
  const visit = context.get(visitContext)
  const shopper = visit.mustBeSignedIn()
  const { souk } = visit
  // Before the body is read: what is beyond it is a mistake, and would only be held in memory.
  if (Number(request.headers.get('content-length') ?? 0) > largestBytes + 10_000)
    return { ok: false, failure: { key: 'profile.picture-too-large' }, about: 'picture' }
  const form = await request.formData()
  const about = textOf(form, 'about', 20)
  try {
    if (about === 'picture') {
      const file = form.get('picture')
      if (!(file instanceof File)) return { ok: false, failure: { key: 'profile.picture-not-a-picture' }, about }
      const refused = await sendPicture(souk, context.get(runtimeContext).config.apiUrl, file)
      if (refused !== undefined) return { ok: false, failure: { key: `profile.picture-${refused}` }, about }
      return { ok: true, about }
    }
    if (about === 'no-picture') {
      await souk.removeMyAvatar()
      return { ok: true, about }
    }
    const { language, currency } = await souk.getMyProfile()
    const [givenName, familyName] = [textOf(form, 'givenName', 100), textOf(form, 'familyName', 100)]
    const body = {
      givenName,
      familyName,
      phone: textOf(form, 'phone', 40) || null,
      birthDate: textOf(form, 'birthDate', 10) || null,
      gender: textOf(form, 'gender', 40) || null,
      language,
      currency,
    }
    await souk.setMyProfile({ body, ...ifMatch(textOf(form, 'version', 20)) })
    visit.change({ shopper: { ...shopper, name: `${givenName} ${familyName}`.trim() || shopper.name } })
    return { ok: true, about }
  } catch (error) {
    const failed = failureOf(error)
    for (const [code, field] of Object.entries(refusedFields))
      if (isProblem(error) && error.code === code) return { ...failed, fields: { [field]: error.detail }, about }
    return { ...failed, about }
  }
}

/** Said where it was typed. */
const refusedFields = { 'phone-refused': 'phone', 'birth-date-refused': 'birthDate' }

export default function Profile() {
  const { name, profile } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t, to } = useWords()
  const { state, formData } = useNavigation()
  const busyWith = state === 'idle' ? undefined : formData?.get('about')
  const faults = answer?.ok === false ? answer.fields : undefined
  const aboutPicture = answer?.about === 'picture' || answer?.about === 'no-picture'
  return (
    <section className="max-w-xl">
      <title>{`${t('profile.title')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('profile.title')}</h2>
      {answer?.ok === true && state === 'idle' && (
        <div className="mt-4">
          <Alert tone="good">{t('preferences.saved')}</Alert>
        </div>
      )}
      <Form method="post" encType="multipart/form-data" className="mt-5 flex flex-wrap items-end gap-4">
        <Avatar url={profile.avatar?.url} name={name} className="size-20! text-2xl" />
        <Field label={t('profile.picture')} hint={t('profile.picture-hint')} className="min-w-0 flex-1 basis-56">
          <Input
            type="file"
            name="picture"
            accept="image/jpeg,image/png,image/webp,image/avif,image/gif"
            className="h-auto! py-1.5! file:mr-3 file:rounded file:border-0 file:bg-sunken file:px-2.5 file:py-1 file:text-ink"
          />
        </Field>
        <Button type="submit" name="about" value="picture" busy={busyWith === 'picture'}>
          {t('profile.picture-show')}
        </Button>
        {profile.avatar !== null && (
          <Button type="submit" name="about" value="no-picture" variant="quiet" busy={busyWith === 'no-picture'}>
            {t('profile.picture-remove')}
          </Button>
        )}
      </Form>
      {aboutPicture && <Failed answer={answer} className="mt-4" />}
      <Form method="post" className="mt-8 space-y-6">
        {!aboutPicture && faults === undefined && <Failed answer={answer} />}
        <input type="hidden" name="version" value={profile.version} />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('preferences.given-name')} error={faults?.givenName}>
            <Input name="givenName" autoComplete="given-name" defaultValue={profile.givenName} maxLength={100} />
          </Field>
          <Field label={t('preferences.family-name')} error={faults?.familyName}>
            <Input name="familyName" autoComplete="family-name" defaultValue={profile.familyName} maxLength={100} />
          </Field>
          <Field label={t('address.phone')} hint={t('profile.phone-hint')} error={faults?.phone}>
            <Input name="phone" type="tel" autoComplete="tel" defaultValue={profile.phone ?? ''} maxLength={40} />
          </Field>
          <Field label={t('profile.birth-date')} error={faults?.birthDate}>
            <Input name="birthDate" type="date" autoComplete="bday" defaultValue={profile.birthDate ?? ''} />
          </Field>
          <Field label={t('profile.gender')} hint={t('profile.gender-hint')} className="sm:col-span-2">
            <Input name="gender" list="genders" autoComplete="sex" defaultValue={profile.gender ?? ''} maxLength={40} />
          </Field>
          <datalist id="genders">
            {(['woman', 'man', 'non-binary'] as const).map((each) => (
              <option key={each} value={t(`profile.gender.${each}`)} />
            ))}
          </datalist>
        </div>
        <Button type="submit" name="about" value="profile" variant="primary" busy={busyWith === 'profile'}>
          {t('preferences.save')}
        </Button>
      </Form>
      <p className="mt-10 flex gap-6 border-t border-line pt-5 text-sm">
        <a href="/my-data" download className="text-quiet underline underline-offset-4 hover:text-ink">
          {t('profile.my-data')}
        </a>
        <Link to={to('/account/close')} className="text-quiet underline underline-offset-4 hover:text-ink">
          {t('closing.link')}
        </Link>
      </p>
    </section>
  )
}
