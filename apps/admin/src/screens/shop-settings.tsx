import type { Shop } from '@souk/sdk'
import { Alert, Button, Card, EmptyState, Facts, Field, Input, Textarea } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import type { FormEvent } from 'react'
import { ConflictDialog } from '../edit/conflict-dialog.tsx'
import { useEdit } from '../edit/use-edit.tsx'
import { humanise } from '../format.ts'
import { useAct } from '../parts/act.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { Status, When } from '../parts/status.tsx'
import { shopKey, useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'
import { SettingsList } from './settings.tsx'

export function ShopSettings() {
  const shopId = useShopId()
  const edit = useEdit<Shop>({
    queryKey: shopKey(shopId),
    read: () => souk.getShop({ path: { shopId } }),
    write: (body, guard) => souk.editShop({ path: { shopId }, body: body as never, ...guard }),
    stale: [['shops']],
    name: 'Shop',
  })
  return (
    <Page title="Shop settings">
      <Loaded query={edit.query}>
        {(shop) => (
          <>
            <Verification shop={shop} />
            <div className="grid gap-4 lg:grid-cols-[3fr_2fr]">
              <Profile key={shop.version} shop={shop} saving={edit.saving} save={edit.save} />
              <div className="flex flex-col gap-4">
                <Card title="What is fixed">
                  <Facts
                    items={[
                      ['Address', shop.slug],
                      ['Country', shop.country],
                      ['Currency', shop.currency],
                      ['State', <Status key="status" of={shop.status} />],
                      ...(shop.management
                        ? [['Commission', `${shop.management.commissionBasisPoints / 100} %`] as const]
                        : []),
                    ]}
                  />
                </Card>
                <Card title="Settings" flush>
                  <SettingsList shopId={shopId} />
                </Card>
                <Card title="History">
                  <ShopHistory shopId={shopId} />
                </Card>
              </div>
            </div>
          </>
        )}
      </Loaded>
      <ConflictDialog conflict={edit.conflict} settle={edit.settle} />
    </Page>
  )
}

function Verification({ shop }: { shop: Shop }) {
  const ask = useAct({
    run: () => souk.requestShopVerification({ path: { shopId: shop.id }, body: {} }),
    stale: [shopKey(shop.id)],
    done: 'Asked; an operator looks at it',
  })
  if (shop.verification === 'verified') return null
  if (shop.verification === 'pending')
    return (
      <Alert tone="info" title="Verification is under way">
        An operator looks at the shop. Until then nothing can be bought in it.
      </Alert>
    )
  return (
    <Alert
      tone="warn"
      title={shop.verification === 'rejected' ? 'Verification was refused' : 'This shop is not verified'}
      actions={
        <Button size="sm" busy={ask.isPending} onClick={() => ask.mutate()}>
          Ask for verification
        </Button>
      }
    >
      {shop.management?.verificationReason ?? 'It sells only once an operator has verified it.'}
    </Alert>
  )
}

function Profile({
  shop,
  saving,
  save,
}: {
  shop: Shop
  saving: boolean
  save: (patch: Partial<Shop>) => Promise<boolean>
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const said = (name: string) => word(form, name)
    const next: Partial<Shop> = {
      name: said('name'),
      description: said('description'),
      websiteUrl: said('websiteUrl') || null,
      supportEmail: said('supportEmail') || null,
      logo: said('logoUrl') === '' ? null : { url: said('logoUrl'), alt: said('logoAlt') || said('name') },
      metadata: { ...(shop.metadata as Record<string, string>), tagline: said('tagline') },
    }
    const changed = Object.fromEntries(
      Object.entries(next).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(shop[name as keyof Shop]),
      ),
    )
    if (Object.keys(changed).length > 0) void save(changed)
  }
  return (
    <Card title="Profile">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Name">
          <Input name="name" required defaultValue={shop.name} maxLength={80} />
        </Field>
        <Field label="In one line">
          <Input
            name="tagline"
            defaultValue={(shop.metadata as Record<string, string>).tagline ?? ''}
            maxLength={120}
          />
        </Field>
        <Field label="About the shop">
          <Textarea name="description" rows={5} defaultValue={shop.description} maxLength={4_000} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="E-mail for help">
            <Input name="supportEmail" type="email" defaultValue={shop.supportEmail ?? ''} />
          </Field>
          <Field label="Website">
            <Input name="websiteUrl" type="url" defaultValue={shop.websiteUrl ?? ''} />
          </Field>
        </div>
        <div className="flex items-end gap-3">
          <Picture picture={shop.logo ?? undefined} size="md" />
          <Field label="Address of the logo" className="flex-1">
            <Input name="logoUrl" defaultValue={shop.logo?.url ?? ''} maxLength={2_000} />
          </Field>
        </div>
        <Field label="What the logo shows">
          <Input name="logoAlt" defaultValue={shop.logo?.alt ?? ''} maxLength={200} />
        </Field>
        <Button type="submit" variant="primary" busy={saving} className="self-start">
          Save
        </Button>
      </form>
    </Card>
  )
}

export function ShopHistory({ shopId }: { shopId: string }) {
  const query = useQuery({
    queryKey: ['shop-history', shopId],
    queryFn: () => souk.listShopHistory({ path: { shopId }, query: { limit: 50 } }),
  })
  return (
    <Loaded query={query} lines={2}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState icon={<History />} title="Nothing was decided yet" />
        ) : (
          <ol className="flex flex-col gap-2 text-sm">
            {items.map(({ version, what, from, to, reason, at }) => (
              <li key={`${version}-${what}`}>
                <div className="flex justify-between gap-2">
                  <span>
                    {humanise(what)}: {from} → <b>{to}</b>
                  </span>
                  <span className="text-xs text-quiet">
                    <When at={at} />
                  </span>
                </div>
                {reason && <p className="text-xs text-quiet wrap-anywhere">{reason}</p>}
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  )
}
