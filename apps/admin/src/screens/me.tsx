import type { MakeApiKeyResponse } from '@souk/sdk'
import {
  Alert,
  Badge,
  Button,
  Card,
  Checkbox,
  ChoiceGroup,
  Confirm,
  Dialog,
  DialogClose,
  EmptyState,
  Facts,
  Field,
  Input,
  Radio,
  Select,
  type Theme,
} from '@souk/ui'
import { KeyRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { choose, type Density, useDensity, useTheme } from '../display.ts'
import { humanise } from '../format.ts'
import { Grid } from '../grid/grid.tsx'
import { useAct } from '../parts/act.ts'
import { Page } from '../parts/page.tsx'
import { When } from '../parts/status.tsx'
import { useSession } from '../session.tsx'
import { souk } from '../souk.ts'
import { raw, word } from '../work/form.ts'
import { SecondFactor } from './second-factor.tsx'

export function Me() {
  const { me, shops } = useSession()
  const theme = useTheme()
  const density = useDensity()
  const look = useAct({ run: (change: () => Promise<void>) => change(), stale: [] })
  return (
    <Page title="Your account">
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="You">
          <Facts
            items={[
              ['Name', me.name],
              ['E-mail', me.email],
              [
                'Account id',
                <span key="id" className="font-mono text-xs">
                  {me.accountId}
                </span>,
              ],
              ['Roles', me.roles.map(humanise).join(', ') || '–'],
              ...me.shops.map(
                ({ shopId, duties }) =>
                  [shops.find(({ id }) => id === shopId)?.name ?? shopId, duties.map(humanise).join(', ')] as const,
              ),
            ]}
          />
        </Card>
        <Card title="Look">
          <ChoiceGroup legend="Theme">
            {(['system', 'light', 'dark'] as const satisfies Theme[]).map((each) => (
              <Radio
                key={each}
                name="theme"
                label={{ system: 'As the system has it', light: 'Light', dark: 'Dark' }[each]}
                checked={theme === each}
                onChange={() => look.mutate(() => choose('theme', each))}
              />
            ))}
          </ChoiceGroup>
          <ChoiceGroup legend="Rows of tables" className="mt-4">
            {(['comfortable', 'compact'] as const satisfies Density[]).map((each) => (
              <Radio
                key={each}
                name="density"
                label={{ comfortable: 'With room between them', compact: 'Close together' }[each]}
                checked={density === each}
                onChange={() => look.mutate(() => choose('density', each))}
              />
            ))}
          </ChoiceGroup>
        </Card>
        <Password />
        <SecondFactor />
        <Sessions />
      </div>
      <ApiKeys />
    </Page>
  )
}

function Password() {
  const change = useAct({
    run: (body: { currentPassword: string; newPassword: string }) => souk.changePassword({ body }),
    stale: [['sessions']],
    done: 'Password changed; other sessions have ended',
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    change.mutate(
      { currentPassword: raw(data, 'current'), newPassword: raw(data, 'next') },
      { onSuccess: () => form.reset() },
    )
  }
  return (
    <Card title="Password">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Current">
          <Input name="current" type="password" autoComplete="current-password" required />
        </Field>
        <Field label="New" hint="At least 10 characters.">
          <Input name="next" type="password" autoComplete="new-password" required minLength={10} />
        </Field>
        <Button type="submit" busy={change.isPending} className="self-start">
          Change
        </Button>
      </form>
    </Card>
  )
}

function Sessions() {
  const end = useAct({
    run: (sessionId: string) => souk.endSession({ path: { sessionId } }),
    stale: [['sessions']],
    done: 'Signed out there',
  })
  return (
    <Card title="Where you are signed in">
      <Grid
        inset
        label="Sessions"
        queryKey={['sessions']}
        list={(page) => souk.listSessions({ query: page })}
        rowId={({ sessionId }) => sessionId}
        columns={[
          {
            id: 'agent',
            header: 'Browser',
            width: 8,
            grow: 3,
            phone: 'title',
            cell: ({ userAgent, current }) => (current ? <b>This one</b> : <span title={userAgent}>{userAgent}</span>),
          },
          { id: 'used', header: 'Last', width: 7, grow: 0, cell: ({ lastUsedAt }) => <When at={lastUsedAt} ago /> },
          {
            id: 'end',
            header: 'End',
            width: 6,
            grow: 0,
            phone: 'end',
            cell: ({ sessionId, current }) =>
              current ? (
                ''
              ) : (
                <Button size="sm" onClick={() => end.mutate(sessionId)}>
                  End
                </Button>
              ),
          },
        ]}
      />
    </Card>
  )
}

function ApiKeys() {
  const stale = [['api-keys']]
  const [made, setMade] = useState<MakeApiKeyResponse>()
  const revoke = useAct({
    run: (keyId: string) => souk.revokeApiKey({ path: { keyId } }),
    stale,
    done: 'The key no longer works',
  })
  const rotate = useAct({
    run: (keyId: string) => souk.rotateApiKey({ path: { keyId } }),
    stale,
    done: 'A new secret is in force',
    onDone: (key) => setMade(key),
  })
  return (
    <Card title="API keys" actions={<NewKey onMade={setMade} />}>
      {made && (
        <div className="mb-4">
          <Alert
            tone="good"
            title="This is shown once"
            actions={
              <Button size="sm" onClick={() => setMade(undefined)}>
                I have it
              </Button>
            }
          >
            <code className="text-xs break-all select-all">{made.key}</code>
          </Alert>
        </div>
      )}
      <Grid
        inset
        label="API keys"
        queryKey={['api-keys']}
        list={(page) => souk.listApiKeys({ query: page })}
        rowId={({ keyId }) => keyId}
        columns={[
          { id: 'name', header: 'Name', width: 10, phone: 'title', cell: ({ name }) => name },
          {
            id: 'may',
            header: 'May',
            width: 12,
            grow: 2,
            cell: ({ permissions, duties }) =>
              [...permissions, ...duties].map((each) => (
                <Badge key={each} className="mr-1">
                  {each}
                </Badge>
              )),
          },
          {
            id: 'used',
            header: 'Last used',
            width: 8,
            grow: 0,
            phone: 'hide',
            cell: ({ lastUsedAt }) => <When at={lastUsedAt} ago />,
          },
          { id: 'until', header: 'Until', width: 8, grow: 0, cell: ({ expiresAt }) => <When at={expiresAt} /> },
          {
            id: 'do',
            header: 'Do',
            width: 12,
            grow: 0,
            phone: 'end',
            cell: ({ keyId, name }) => (
              <span className="flex gap-1">
                <Button size="sm" onClick={() => rotate.mutate(keyId)}>
                  Rotate
                </Button>
                <Confirm
                  title={`Revoke “${name}”?`}
                  danger
                  confirm="Revoke"
                  onConfirm={() => revoke.mutate(keyId)}
                  trigger={<Button size="sm">Revoke</Button>}
                >
                  Whatever uses it is refused from now on.
                </Confirm>
              </span>
            ),
          },
        ]}
        empty={
          <EmptyState icon={<KeyRound />} title="No keys">
            A key lets a program act for you, with no more rights than you give it.
          </EmptyState>
        }
      />
    </Card>
  )
}

function NewKey({ onMade }: { onMade: (key: MakeApiKeyResponse) => void }) {
  const { me, shops } = useSession()
  const [open, setOpen] = useState(false)
  const [shopId, setShopId] = useState('')
  type Body = Parameters<typeof souk.makeApiKey>[0]['body']
  const make = useAct({
    run: (body: Body) => souk.makeApiKey({ body }),
    stale: [['api-keys']],
    onDone: (key) => {
      setOpen(false)
      onMade(key)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    make.mutate({
      name: word(form, 'name'),
      permissions: form.getAll('permission').map(String),
      expiresInDays: Number(form.get('days')),
      ...(shopId !== '' && { shopId, duties: form.getAll('duty').map(String) }),
    })
  }
  const duties = me.shops.find((shop) => shop.shopId === shopId)?.duties ?? []
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="New API key"
      trigger={<Button size="sm">New key</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="new-key" variant="primary" busy={make.isPending}>
            Make key
          </Button>
        </>
      }
    >
      <form id="new-key" onSubmit={submit} className="flex flex-col gap-4 pb-2">
        <Field label="Name" hint="What will use it.">
          <Input name="name" required maxLength={80} />
        </Field>
        <Field label="Days it is good for">
          <Input name="days" type="number" min={1} max={365} defaultValue={90} required />
        </Field>
        <ChoiceGroup legend="Everywhere it may">
          {me.permissions.map((permission) => (
            <Checkbox key={permission} name="permission" value={permission} label={permission} />
          ))}
        </ChoiceGroup>
        {shops.length > 0 && (
          <Field label="In one shop">
            <Select value={shopId} onChange={(event) => setShopId(event.target.value)}>
              <option value="">No shop</option>
              {shops.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
        )}
        {duties.length > 0 && (
          <ChoiceGroup legend="There it may">
            {duties.map((duty) => (
              <Checkbox key={duty} name="duty" value={duty} label={humanise(duty)} />
            ))}
          </ChoiceGroup>
        )}
      </form>
    </Dialog>
  )
}
