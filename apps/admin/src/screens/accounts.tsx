import type { ListAccountsResponse } from '@souk/sdk'
import { Badge, Button, Confirm, Dialog, EmptyState, Facts } from '@souk/ui'
import { UserCog } from 'lucide-react'
import { useState } from 'react'
import { formatExact, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Page } from '../parts/page.tsx'
import { Status, When } from '../parts/status.tsx'
import { useSession } from '../session.tsx'
import { souk } from '../souk.ts'

type Account = ListAccountsResponse['items'][number]

const columns: readonly Column<Account>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 10,
    grow: 2,
    phone: 'title',
    cell: ({ name }) => <span className="font-medium">{name}</span>,
  },
  { id: 'email', header: 'E-mail', width: 13, grow: 3, cell: ({ email }) => email },
  {
    id: 'roles',
    header: 'Roles',
    width: 8,
    cell: ({ roles }) =>
      roles.map((role) => (
        <Badge key={role} tone={role === 'operator' ? 'accent' : 'neutral'} className="mr-1">
          {humanise(role)}
        </Badge>
      )),
  },
  { id: 'status', header: 'State', width: 7, grow: 0, phone: 'end', cell: ({ status }) => <Status of={status} /> },
  { id: 'since', header: 'Since', width: 8, grow: 0, phone: 'hide', cell: ({ createdAt }) => <When at={createdAt} /> },
]

export function Accounts() {
  const [{ q }] = useFilters()
  const [opened, setOpened] = useState<Account>()
  return (
    <Page title="Accounts" about="Who can sign in, and as what." fill>
      <FilterBar screen="accounts" search="Name or e-mail" />
      <Grid
        label="Accounts"
        columns={columns}
        rowId={({ accountId }) => accountId}
        onOpen={setOpened}
        queryKey={['accounts', q]}
        list={(page) => souk.listAccounts({ query: { ...page, ...(q && { query: q }) } })}
        empty={
          <EmptyState icon={<UserCog />} title={q ? `Nobody’s name or address begins with “${q}”` : 'No accounts'}>
            Whoever registers stands here: shoppers, shop staff and operators.
          </EmptyState>
        }
      />
      {opened && <AccountDrawer account={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function AccountDrawer({ account, close }: { account: Account; close: () => void }) {
  const { me } = useSession()
  const path = { accountId: account.accountId }
  const stale = [['accounts'], ['trail']]
  const setRoles = (roles: string[]) => souk.setAccountRoles({ path, body: { roles } })
  const roles = useAct({
    run: setRoles,
    stale,
    done: 'Roles are set',
    undo: () => setRoles(account.roles),
    onDone: close,
  })
  const disable = useAct({
    run: () => souk.disableAccount({ path }),
    stale,
    done: `${account.name} can no longer sign in`,
    undo: () => souk.enableAccount({ path }),
    onDone: close,
  })
  const enable = useAct({
    run: () => souk.enableAccount({ path }),
    stale,
    done: `${account.name} can sign in again`,
    onDone: close,
  })
  const shut = useAct({
    run: () => souk.closeAccount({ path }),
    stale: [...stale, ['customers']],
    done: 'The account is closed, what was personal is erased',
    onDone: close,
  })
  const operator = account.roles.includes('operator')
  const mine = account.accountId === me.accountId
  return (
    <Dialog open onOpenChange={(open) => !open && close()} drawer title={account.name} description={account.email}>
      <Facts
        items={[
          [
            'Id',
            <span key="id" className="font-mono text-xs">
              {account.accountId}
            </span>,
          ],
          ['State', <Status key="state" of={account.status} />],
          ['Roles', account.roles.map(humanise).join(', ') || '–'],
          ['Since', formatExact(account.createdAt)],
        ]}
      />
      {mine ? (
        <p className="mt-4 text-sm text-quiet">This is you. Another operator changes your roles.</p>
      ) : (
        <div className="mt-4 flex flex-wrap gap-2">
          <Confirm
            title={operator ? `${account.name}: no longer an operator?` : `Make ${account.name} an operator?`}
            danger={!operator}
            confirm={operator ? 'Take the role' : 'Make an operator'}
            busy={roles.isPending}
            onConfirm={() =>
              roles.mutate(
                operator ? account.roles.filter((role) => role !== 'operator') : [...account.roles, 'operator'],
              )
            }
            trigger={<Button>{operator ? 'Take the role of operator' : 'Make an operator'}</Button>}
          >
            Operators see and do everything, in every shop.
          </Confirm>
          {account.status === 'closed' ? (
            <p className="text-sm text-quiet">Closed for good: what was personal is erased.</p>
          ) : account.status === 'active' ? (
            <Confirm
              title={`Disable ${account.name}?`}
              danger
              confirm="Disable"
              busy={disable.isPending}
              onConfirm={() => disable.mutate()}
              trigger={<Button>Disable</Button>}
            >
              All sessions end at once; nobody can sign in to this account until it is enabled again.
            </Confirm>
          ) : (
            <Button variant="primary" busy={enable.isPending} onClick={() => enable.mutate()}>
              Enable
            </Button>
          )}
          {account.status !== 'closed' && (
            <Confirm
              title={`Close ${account.name} for good?`}
              danger
              confirm="Close it"
              busy={shut.isPending}
              onConfirm={() => shut.mutate()}
              trigger={<Button variant="quiet">Close for good…</Button>}
            >
              For somebody who asked for it. Name, addresses, picture, lists and preferences are erased; orders stay, as
              the law asks. Nothing brings it back.
            </Confirm>
          )}
        </div>
      )}
    </Dialog>
  )
}
