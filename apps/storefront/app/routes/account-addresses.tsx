import { Badge, Button, Checkbox } from '@souk/ui/plain'
import { ifMatch } from '@souk/sdk'
import {
  type ActionFunctionArgs,
  Form,
  type LoaderFunctionArgs,
  useActionData,
  useLoaderData,
  useNavigation,
} from 'react-router'
import { addressOf } from '../address.server.ts'
import { reading } from '../answers.server.ts'
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import { useWords } from '../i18n/words.tsx'
import { AddressFields } from '../parts/address-fields.tsx'
import { Failed } from '../parts/failed.tsx'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    return (await visit.souk.listMyAddresses()).items
  })

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered & { at?: string }> {
  const { souk, mustBeSignedIn } = context.get(visitContext)
  mustBeSignedIn()
  const form = await request.formData()
  const addressId = textOf(form, 'addressId', 50)
  const path = { addressId }
  try {
    if (form.get('intent') === 'remove') await souk.removeMyAddress({ path })
    else {
      const body = { ...addressOf(form), defaultDelivery: form.has('defaultDelivery') }
      if (addressId === '') await souk.addMyAddress({ body })
      else await souk.setMyAddress({ path, body, ...ifMatch(textOf(form, 'version', 20)) })
    }
    return { ok: true, at: addressId }
  } catch (error) {
    return { ...failureOf(error), at: addressId }
  }
}

export default function Addresses() {
  const addresses = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t, region } = useWords()
  const { state } = useNavigation()
  const faults = (at: string) => (answer?.ok === false && answer.at === at ? answer.fields : undefined)
  const fields = (address: (typeof addresses)[number] | undefined) => (
    <Form method="post" className="mt-4 max-w-xl space-y-4" key={JSON.stringify(address)}>
      {answer?.at === (address?.id ?? '') && <Failed answer={answer} />}
      {address !== undefined && (
        <>
          <input type="hidden" name="addressId" value={address.id} />
          <input type="hidden" name="version" value={address.version} />
        </>
      )}
      <AddressFields address={address} faults={faults(address?.id ?? '')} />
      <Checkbox
        name="defaultDelivery"
        defaultChecked={address?.defaultDelivery ?? addresses.length === 0}
        label={t('address.default')}
      />
      <Button type="submit" variant="primary" busy={state !== 'idle'}>
        {t('address.save')}
      </Button>
    </Form>
  )
  return (
    <section>
      <title>{`${t('account.addresses')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('account.addresses')}</h2>
      {addresses.length === 0 && <p className="mt-3 text-quiet">{t('account.addresses-none')}</p>}
      <ul className="mt-4 space-y-4">
        {addresses.map((address) => (
          <li key={address.id} className="rounded-lg border border-line bg-surface p-5">
            <div className="flex flex-wrap items-start justify-between gap-4">
              <address className="theirs text-sm not-italic">
                <span className="font-medium">{address.name}</span>{' '}
                {address.defaultDelivery && <Badge>{t('address.is-default')}</Badge>}
                <br />
                {address.line1}
                {address.line2 !== '' && `, ${address.line2}`}
                <br />
                {address.postalCode} {address.city}
                <br />
                {region(address.country)}
              </address>
              <Form method="post">
                <input type="hidden" name="intent" value="remove" />
                <input type="hidden" name="addressId" value={address.id} />
                <Button type="submit" size="sm" variant="quiet">
                  {t('address.remove')}
                </Button>
              </Form>
            </div>
            <details className="mt-2" open={answer?.ok === false && answer.at === address.id}>
              <summary className="inline-block py-1 text-sm text-accent hover:underline">{t('address.edit')}</summary>
              {fields(address)}
            </details>
          </li>
        ))}
      </ul>
      <details className="mt-6" open={addresses.length === 0 || (answer?.ok === false && answer.at === '')}>
        <summary className="inline-block py-2 font-medium text-accent hover:underline">{t('address.add')}</summary>
        {fields(undefined)}
      </details>
    </section>
  )
}
