import type { ListShopMembersResponse } from '@souk/sdk'
import {
  Badge,
  Button,
  Checkbox,
  ChoiceGroup,
  Confirm,
  Dialog,
  DialogClose,
  EmptyState,
  Field,
  Input,
  Radio,
} from '@souk/ui'
import { Users } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { humanise, shortId } from '../format.ts'
import { type Column, Grid } from '../grid/grid.tsx'
import { useAct } from '../parts/act.ts'
import { Page } from '../parts/page.tsx'
import { When } from '../parts/status.tsx'
import { type Duty, useSession } from '../session.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'

type Member = ListShopMembersResponse['items'][number]

const duties: readonly (readonly [Duty, string])[] = [
  ['orders', 'Ships, refunds, handles returns'],
  ['catalog', 'Products, prices and sales'],
  ['inventory', 'Stock, lots and locations'],
  ['members', 'Who works here'],
  ['settings', 'The shop itself, its messages'],
]

const nameOf = ({ name, email, accountId }: Member): string => name ?? email ?? `Account ${shortId(accountId)}`

export function Members() {
  const shopId = useShopId()
  const { me } = useSession()
  const [opened, setOpened] = useState<Member>()
  const columns: readonly Column<Member>[] = [
    {
      id: 'who',
      header: 'Who',
      width: 14,
      phone: 'title',
      cell: (member) => (
        <span title={member.accountId}>
          <span className="font-medium">{nameOf(member)}</span>{' '}
          {member.name && member.email && <span className="text-quiet">{member.email}</span>}{' '}
          {member.accountId === me.accountId && <Badge tone="accent">You</Badge>}
        </span>
      ),
    },
    {
      id: 'duties',
      header: 'Duties',
      width: 16,
      grow: 3,
      cell: ({ owner, duties }) =>
        owner ? (
          <Badge tone="accent">Owner: all of them</Badge>
        ) : (
          duties.map((duty) => (
            <Badge key={duty} className="mr-1">
              {humanise(duty)}
            </Badge>
          ))
        ),
    },
    { id: 'since', header: 'Since', width: 9, grow: 0, cell: ({ addedAt }) => <When at={addedAt} /> },
  ]
  return (
    <Page
      title="Members"
      about="Who works in this shop, and with which duties. It holds from their next sign-in on, at the latest in 15 minutes."
      fill
      actions={<MemberForm shopId={shopId} />}
    >
      <Grid
        label="Members"
        columns={columns}
        rowId={({ accountId }) => accountId}
        onOpen={setOpened}
        queryKey={['members', shopId]}
        list={(page) => souk.listShopMembers({ path: { shopId }, query: page })}
        empty={
          <EmptyState icon={<Users />} title="Nobody works here">
            Add somebody by their account id and tick what they look after.
          </EmptyState>
        }
      />
      {opened && <MemberForm shopId={shopId} member={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function MemberForm({ shopId, member, close }: { shopId: string; member?: Member; close?: () => void }) {
  const [open, setOpen] = useState(false)
  const [owner, setOwner] = useState(member?.owner ?? false)
  const shut = () => (close ? close() : setOpen(false))
  const stale = [['members', shopId]]
  type Body = { owner: boolean; duties: Duty[] }
  const put = (accountId: string, body: Body) => souk.setShopMember({ path: { shopId, accountId }, body })
  const set = useAct({
    run: ({ accountId, ...body }: Body & { accountId: string }) => put(accountId, body),
    stale,
    done: 'Duties are set',
    onDone: shut,
    ...(member && { undo: () => put(member.accountId, { owner: member.owner, duties: member.duties }) }),
  })
  const remove = useAct({
    run: () => souk.removeShopMember({ path: { shopId, accountId: member?.accountId ?? '' } }),
    stale,
    done: 'No longer a member',
    onDone: shut,
    ...(member && { undo: () => put(member.accountId, { owner: member.owner, duties: member.duties }) }),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const accountId = member?.accountId ?? word(form, 'accountId')
    set.mutate({ accountId, owner, duties: owner ? [] : (form.getAll('duty') as Duty[]) })
  }
  return (
    <Dialog
      open={member ? true : open}
      onOpenChange={(next) => (next ? setOpen(true) : shut())}
      title={member ? nameOf(member) : 'Add a member'}
      width="sm"
      {...(!member && { trigger: <Button variant="primary">Add a member</Button> })}
      actions={
        <>
          {member && (
            <Confirm
              title="Take them out of the shop?"
              danger
              confirm="Take out"
              onConfirm={() => remove.mutate()}
              trigger={<Button variant="quiet">Remove</Button>}
            >
              They keep their account; they can do nothing here any more.
            </Confirm>
          )}
          <DialogClose />
          <Button type="submit" form="member" variant="primary" busy={set.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="member" onSubmit={submit} className="flex flex-col gap-4 pb-2">
        {!member && (
          <Field label="Account id" hint="They find it under “Your account”.">
            <Input name="accountId" required pattern="[0-9a-fA-F\-]{36}" autoComplete="off" />
          </Field>
        )}
        <ChoiceGroup legend="As">
          <Radio
            name="owner"
            label="Owner"
            hint="All duties, and makes other owners"
            checked={owner}
            onChange={() => setOwner(true)}
          />
          <Radio name="owner" label="Staff" checked={!owner} onChange={() => setOwner(false)} />
        </ChoiceGroup>
        {!owner && (
          <ChoiceGroup legend="Duties">
            {duties.map(([duty, about]) => (
              <Checkbox
                key={duty}
                name="duty"
                value={duty}
                label={humanise(duty)}
                hint={about}
                defaultChecked={member?.duties.includes(duty) ?? false}
              />
            ))}
          </ChoiceGroup>
        )}
      </form>
    </Dialog>
  )
}
