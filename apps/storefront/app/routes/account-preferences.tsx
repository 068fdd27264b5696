import { Alert, Button, Checkbox, ChoiceGroup, Field, Select } from '@souk/ui/plain'
import { ifMatch } from '@souk/sdk'
import {
  type ActionFunctionArgs,
  Form,
  type LoaderFunctionArgs,
  useActionData,
  useLoaderData,
  useNavigation,
} from 'react-router'
import { reading } from '../answers.server.ts'
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import { langOf } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { choose } from '../parts/footer.tsx'
import { shownCurrencies } from '../rates.ts'
import { cookiesOf, visitContext } from '../visit.server.ts'

export const loader = ({ context, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    const [profile, preferences, consents] = await Promise.all([
      visit.souk.getMyProfile(),
      visit.souk.getMyPreferences(),
      visit.souk.listMyConsents(),
    ])
    const cookies = cookiesOf(request)
    const lang = langOf(new URL(request.url).pathname)
    return {
      profile,
      preferences,
      consents: consents.items,
      // What this device shows goes before what the account says: that is how somebody sees the shops now.
      shown: {
        currency: cookies.get('souk_currency') ?? (profile.currency === unchosen.currency ? '' : profile.currency),
        appearance: cookies.get('souk_theme') ?? preferences.appearance,
        language: profile.version === unchosen.version ? lang : profile.language.slice(0, 2),
      },
    }
  })

/** A profile nobody has changed yet. */
const unchosen = { version: 1, currency: 'EUR' }

const purposes = ['marketing-email', 'marketing-sms', 'marketing-push', 'analytics', 'personalisation'] as const
/** Changes when the words above the boxes do: what somebody agreed to can be shown later. */
const wordingVersion = '2026-11-01'

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  visit.mustBeSignedIn()
  const { souk } = visit
  const form = await request.formData()
  try {
    const [profile, preferences, consents] = await Promise.all([
      souk.getMyProfile(),
      souk.getMyPreferences(),
      souk.listMyConsents(),
    ])
    const { givenName, familyName, phone, birthDate } = profile
    await souk.setMyProfile({
      body: {
        givenName,
        familyName,
        phone,
        birthDate,
        language: textOf(form, 'language', 5),
        currency: textOf(form, 'currency', 3) || unchosen.currency,
      },
      ...ifMatch(textOf(form, 'profileVersion', 20)),
    })
    const appearance =
      (['system', 'light', 'dark'] as const).find((each) => each === form.get('appearance')) ?? 'system'
    await souk.setMyPreferences({
      body: { appearance, timeZone: preferences.timeZone, recentlyViewed: preferences.recentlyViewed },
      ...ifMatch(textOf(form, 'preferencesVersion', 20)),
    })
    for (const purpose of purposes) {
      const given = form.has(purpose)
      if ((consents.items.find((each) => each.purpose === purpose)?.given ?? false) !== given)
        await souk.setMyConsent({ path: { purpose }, body: { given, wordingVersion, source: 'web' } })
    }
    return { ok: true }
  } catch (error) {
    return failureOf(error)
  }
}

export default function Preferences() {
  const { profile, preferences, consents, shown } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t } = useWords()
  const { state } = useNavigation()
  return (
    <section>
      <title>{`${t('account.preferences')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('account.preferences')}</h2>
      <Form
        method="post"
        className="mt-5 max-w-xl space-y-8"
        onSubmit={(event) => {
          const form = new FormData(event.currentTarget)
          const said = (name: string) => {
            const value = form.get(name)
            return typeof value === 'string' ? value : ''
          }
          const appearance = said('appearance')
          choose('theme', appearance === 'system' ? '' : appearance)
          choose('currency', said('currency'))
        }}
      >
        {answer?.ok === true && state === 'idle' && <Alert tone="good">{t('preferences.saved')}</Alert>}
        <Failed answer={answer} />
        <input type="hidden" name="profileVersion" value={profile.version} />
        <input type="hidden" name="preferencesVersion" value={preferences.version} />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('preferences.language')}>
            <Select name="language" defaultValue={shown.language}>
              <option value="en">English</option>
              <option value="de">Deutsch</option>
            </Select>
          </Field>
          <Field label={t('preferences.appearance')}>
            <Select name="appearance" defaultValue={shown.appearance}>
              {(['system', 'light', 'dark'] as const).map((each) => (
                <option key={each} value={each}>
                  {t(`preferences.appearance.${each}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t('preferences.currency')} hint={t('preferences.currency-hint')} className="sm:col-span-2">
            <Select name="currency" defaultValue={shown.currency}>
              <option value="">{t('preferences.currency-none')}</option>
              {shownCurrencies.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
          </Field>
        </div>
        <ChoiceGroup legend={t('preferences.consents')}>
          {purposes.map((purpose) => (
            <Checkbox
              key={purpose}
              name={purpose}
              defaultChecked={consents.some((each) => each.purpose === purpose && each.given)}
              label={t(`consent.${purpose}`)}
            />
          ))}
        </ChoiceGroup>
        <Button type="submit" variant="primary" busy={state !== 'idle'}>
          {t('preferences.save')}
        </Button>
      </Form>
    </section>
  )
}
