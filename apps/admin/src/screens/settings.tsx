import { ifMatch, isProblem, type ListFlagsResponse, type ListSettingsResponse } from '@souk/sdk'
import {
  Badge,
  Button,
  Card,
  Checkbox,
  Dialog,
  DialogClose,
  EmptyState,
  Field,
  Input,
  Select,
  Switch,
  Tabs,
  Textarea,
  useToast,
} from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Flag, Plus, SlidersHorizontal } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { humanise } from '../format.ts'
import { type Column, Grid } from '../grid/grid.tsx'
import { useAct } from '../parts/act.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Person } from '../parts/person.tsx'
import { When } from '../parts/status.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'

type Setting = ListSettingsResponse['items'][number]
type Flagged = ListFlagsResponse['items'][number]
type Value = Setting['value']

/** Settings of the marketplace, and features that are on for some. */
export function MarketplaceSettings() {
  return (
    <Page title="Settings and flags">
      <Tabs
        label="Settings"
        tabs={[
          { value: 'settings', label: 'Settings', content: <SettingsList /> },
          { value: 'flags', label: 'Feature flags', content: <Flags /> },
        ]}
      />
    </Page>
  )
}

/** Of the marketplace, or (with a shop) of that shop where it may differ. */
export function SettingsList({ shopId }: { shopId?: string }) {
  const key = ['settings', shopId ?? 'marketplace']
  const query = useQuery({
    queryKey: key,
    queryFn: () => (shopId ? souk.listShopSettings({ path: { shopId } }) : souk.listSettings()),
  })
  const [opened, setOpened] = useState<Setting>()
  const columns: readonly Column<Setting>[] = [
    {
      id: 'title',
      header: 'Setting',
      width: 13,
      grow: 3,
      phone: 'title',
      cell: ({ title, key }) => <span title={key}>{title}</span>,
    },
    {
      id: 'value',
      header: 'Value',
      width: 8,
      grow: 2,
      cell: ({ value }) => (
        <span className="font-medium">{typeof value === 'boolean' ? (value ? 'On' : 'Off') : String(value)}</span>
      ),
    },
    {
      id: 'origin',
      header: 'From',
      width: 7,
      grow: 0,
      phone: 'end',
      cell: ({ origin }) => <Badge tone={origin === 'default' ? 'neutral' : 'accent'}>{humanise(origin)}</Badge>,
    },
    {
      id: 'at',
      header: 'Changed',
      width: 8,
      grow: 0,
      phone: 'hide',
      cell: ({ changedAt }) => <When at={changedAt} ago />,
    },
  ]
  return (
    <>
      <Loaded query={query}>
        {({ items }) => (
          <Grid
            inset
            label="Settings"
            columns={columns}
            rows={items}
            rowId={({ key }) => key}
            onOpen={setOpened}
            empty={<EmptyState icon={<SlidersHorizontal />} title="Nothing can be set here" />}
          />
        )}
      </Loaded>
      {opened && (
        <SettingDialog setting={opened} {...(shopId && { shopId })} stale={[key]} close={() => setOpened(undefined)} />
      )}
    </>
  )
}

function SettingDialog({
  setting,
  shopId,
  stale,
  close,
}: {
  setting: Setting
  shopId?: string
  stale: string[][]
  close: () => void
}) {
  const tell = useToast()
  const put = (value: Value, version: number) =>
    shopId
      ? souk.changeShopSetting({ path: { shopId, key: setting.key }, body: { value }, ...ifMatch(version) })
      : souk.changeSetting({ path: { key: setting.key }, body: { value }, ...ifMatch(version) })
  const change = useAct({
    run: async (value: Value) => {
      try {
        return await put(value, setting.version)
      } catch (error) {
        if (isProblem(error, 'version-mismatch'))
          tell({ title: 'Somebody else changed it meanwhile', detail: 'The list shows what holds now.', tone: 'bad' })
        throw error
      }
    },
    stale,
    done: `${setting.title}: set`,
    undo: ({ version }) => put(setting.value, version),
    onDone: close,
  })
  const reset = useAct({
    run: () =>
      shopId
        ? souk.resetShopSetting({ path: { shopId, key: setting.key }, ...ifMatch(setting.version) })
        : souk.resetSetting({ path: { key: setting.key }, ...ifMatch(setting.version) }),
    stale,
    done: 'The default holds again',
    undo: ({ version }) => put(setting.value, version),
    onDone: close,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = word(form, 'value')
    change.mutate(
      setting.type === 'boolean' ? form.get('value') === 'on' : setting.type === 'integer' ? Number(text) : text,
    )
  }
  const { type, value, minimum, maximum, maxLength, choices = [] } = setting
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={setting.title}
      description={setting.key}
      width="sm"
      actions={
        <>
          {setting.origin !== 'default' && (
            <Button variant="quiet" busy={reset.isPending} onClick={() => reset.mutate()}>
              Default again
            </Button>
          )}
          <DialogClose />
          <Button type="submit" form="setting" variant="primary" busy={change.isPending}>
            Set
          </Button>
        </>
      }
    >
      <form id="setting" onSubmit={submit} className="pb-3">
        {type === 'boolean' ? (
          <Checkbox name="value" label="On" defaultChecked={value === true} />
        ) : (
          <Field label="Value" hint={`Usually ${String(setting.defaultValue)}`}>
            {type === 'choice' ? (
              <Select name="value" defaultValue={String(value)}>
                {choices.map((choice) => (
                  <option key={choice}>{choice}</option>
                ))}
              </Select>
            ) : type === 'integer' ? (
              <Input name="value" type="number" min={minimum} max={maximum} defaultValue={String(value)} required />
            ) : (
              <Textarea
                name="value"
                rows={type === 'json' ? 6 : 2}
                maxLength={maxLength}
                defaultValue={String(value)}
              />
            )}
          </Field>
        )}
      </form>
    </Dialog>
  )
}

const shares = ({ variants, otherwise }: Pick<Flagged, 'variants' | 'otherwise'>) =>
  otherwise
    .map(
      ({ variant, basisPoints }) =>
        `${String(variants.find(({ name }) => name === variant)?.value ?? variant)} for ${basisPoints / 100} %`,
    )
    .join(', ')

function Flags() {
  const [opened, setOpened] = useState<Flagged | 'new'>()
  const stale = [['flags']]
  const put = ({ key, version, changedBy: _by, changedAt: _at, ...flag }: Flagged, patch: Partial<Flagged>) =>
    souk.changeFlag({ path: { flagKey: key }, body: { ...flag, ...patch }, ...ifMatch(version) })
  const toggle = useAct({
    run: (flag: Flagged) => put(flag, { enabled: !flag.enabled }),
    stale,
    done: ({ key, enabled }) => `${key} is ${enabled ? 'on' : 'off'}`,
    undo: (saved, flag) => put(saved, { enabled: flag.enabled }),
  })
  const columns: readonly Column<Flagged>[] = [
    {
      id: 'key',
      header: 'Flag',
      width: 10,
      grow: 2,
      phone: 'title',
      cell: ({ key }) => <span className="font-mono">{key}</span>,
    },
    {
      id: 'description',
      header: 'What for',
      width: 12,
      grow: 3,
      phone: 'hide',
      cell: ({ description }) => description,
    },
    {
      id: 'shares',
      header: 'Served',
      width: 11,
      grow: 2,
      cell: (flag) => `${flag.rules.length > 0 ? `${flag.rules.length} rules, else ` : ''}${shares(flag)}`,
    },
    {
      id: 'on',
      header: 'On',
      width: 5,
      grow: 0,
      phone: 'end',
      cell: (flag) => (
        <Switch
          label={`${flag.key} is on`}
          hideLabel
          checked={flag.enabled}
          onCheckedChange={() => toggle.mutate(flag)}
        />
      ),
    },
  ]
  return (
    <div className="flex flex-col gap-3">
      <Button variant="primary" className="self-start" onClick={() => setOpened('new')}>
        <Plus /> New flag
      </Button>
      <Grid
        inset
        label="Feature flags"
        columns={columns}
        rowId={({ key }) => key}
        onOpen={setOpened}
        queryKey={['flags']}
        list={(page) => souk.listFlags({ query: page })}
        empty={
          <EmptyState icon={<Flag />} title="No flags">
            A flag turns a feature on for some: for a share of people, for some shops, and for everybody once it has
            proved itself. While it is off, its fallback holds.
          </EmptyState>
        }
      />
      {opened && <FlagDialog {...(opened !== 'new' && { flag: opened })} close={() => setOpened(undefined)} />}
    </div>
  )
}

function FlagDialog({ flag, close }: { flag?: Flagged; close: () => void }) {
  const stale = [['flags'], ['flag-history']]
  type Body = Parameters<typeof souk.createFlag>[0]['body']
  const make = useAct({
    run: (body: Body) => souk.createFlag({ body }),
    stale,
    done: ({ key }) => `${key} is made, and off`,
    onDone: close,
  })
  const change = useAct({
    run: ({ key: _key, ...body }: Body) =>
      souk.changeFlag({ path: { flagKey: flag?.key ?? '' }, body, ...ifMatch(flag?.version ?? 0) }),
    stale,
    done: 'Flag changed',
    undo: ({ version }) =>
      souk.restoreFlag({
        path: { flagKey: flag?.key ?? '' },
        body: { version: flag?.version ?? 1 },
        ...ifMatch(version),
      }),
    onDone: close,
  })
  const remove = useAct({
    run: () => souk.removeFlag({ path: { flagKey: flag?.key ?? '' }, ...ifMatch(flag?.version ?? 0) }),
    stale,
    done: 'Flag removed; what asks for it gets its own fallback',
    onDone: close,
  })
  const history = useQuery({
    queryKey: ['flag-history', flag?.key],
    queryFn: () => souk.listFlagHistory({ path: { flagKey: flag?.key ?? '' }, query: { limit: 10 } }),
    enabled: flag !== undefined,
  })
  const plain = flag === undefined || (flag.type === 'boolean' && flag.variants.length === 2)
  const onName = flag?.variants.find(({ value }) => value === true)?.name ?? 'on'
  const offName = flag?.variants.find(({ value }) => value === false)?.name ?? 'off'
  const share = (flag?.otherwise.find(({ variant }) => variant === onName)?.basisPoints ?? 0) / 100
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const on = Math.round(Number(word(form, 'share')) * 100)
    const body: Body = {
      key: flag?.key ?? word(form, 'key'),
      description: word(form, 'description'),
      type: flag?.type ?? 'boolean',
      variants: flag?.variants ?? [
        { name: onName, value: true },
        { name: offName, value: false },
      ],
      fallback: flag?.fallback ?? offName,
      enabled: flag?.enabled ?? false,
      exposed: form.get('exposed') === 'on',
      rules: flag?.rules ?? [],
      otherwise: plain
        ? [
            { variant: onName, basisPoints: on },
            { variant: offName, basisPoints: 10_000 - on },
          ].filter(({ basisPoints }) => basisPoints > 0)
        : (flag?.otherwise ?? []),
      ...(word(form, 'note') && { note: word(form, 'note') }),
    }
    if (flag) change.mutate(body)
    else make.mutate(body)
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={flag?.key ?? 'New flag'}
      actions={
        <>
          {flag && (
            <Button variant="quiet" busy={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          )}
          <DialogClose />
          <Button type="submit" form="flag" variant="primary" busy={make.isPending || change.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="flag" onSubmit={submit} className="flex flex-col gap-4 pb-2">
        {!flag && (
          <Field label="Key" hint="As the code asks for it: new-checkout.">
            <Input
              name="key"
              required
              maxLength={80}
              pattern="[a-z][a-z0-9.\-]*"
              autoComplete="off"
              className="font-mono"
            />
          </Field>
        )}
        <Field label="What for">
          <Input name="description" required maxLength={300} defaultValue={flag?.description ?? ''} />
        </Field>
        {plain && (
          <Field
            label="On for so many percent of people"
            hint="The same person always gets the same answer, and keeps it as the share grows."
          >
            <Input name="share" type="number" min={0} max={100} step={0.01} defaultValue={share} required />
          </Field>
        )}
        <Checkbox
          name="exposed"
          label="The pages may ask for it"
          hint="Anybody can then read what it says for them."
          defaultChecked={flag?.exposed ?? false}
        />
        <Field label="Note" hint="Stands in its history.">
          <Input name="note" maxLength={300} />
        </Field>
      </form>
      {flag && (
        <Card title="History">
          <Loaded query={history} lines={2}>
            {({ items }) => (
              <ol className="flex flex-col gap-1 text-sm">
                {items.map((entry) => (
                  <li key={entry.version} className="flex justify-between gap-2">
                    <span>
                      {entry.version}. by <Person id={(entry as { changedBy?: string }).changedBy ?? ''} />
                    </span>
                    <When at={(entry as { changedAt?: string }).changedAt ?? null} />
                  </li>
                ))}
              </ol>
            )}
          </Loaded>
        </Card>
      )}
    </Dialog>
  )
}
