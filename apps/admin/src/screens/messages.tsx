import type { ListFailedNotificationsResponse, ListRecentNotificationsResponse, ListTemplatesResponse } from '@souk/sdk'
import { Badge, Button, Card, Dialog, DialogClose, EmptyState, Facts, Field, Input, Tabs, Textarea } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Inbox as InboxIcon, MailCheck, MessagesSquare } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatExact, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Person } from '../parts/person.tsx'
import { Status, When } from '../parts/status.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { Reason } from './shops.tsx'
import { word } from '../work/form.ts'

type Message = ListRecentNotificationsResponse['items'][number]
type Failed = ListFailedNotificationsResponse['items'][number]
type Template = ListTemplatesResponse['items'][number]

const kinds = [
  'order-confirmed',
  'order-shipped',
  'order-delivered',
  'order-returned',
  'order-cancelled',
  'payment-failed',
  'payment-needed',
  'payment-refunded',
  'stock-low',
  'notice',
] as const
const channels = ['inbox', 'email', 'sms', 'whatsapp', 'push'] as const

const columns: readonly Column<Message>[] = [
  {
    id: 'subject',
    header: 'Message',
    width: 15,
    grow: 3,
    phone: 'title',
    cell: ({ subject, kind }) => subject || humanise(kind),
  },
  { id: 'kind', header: 'Kind', width: 9, cell: ({ kind }) => humanise(kind) },
  { id: 'channel', header: 'By', width: 6, grow: 0, cell: ({ channel }) => channel },
  { id: 'state', header: 'State', width: 8, grow: 0, phone: 'end', cell: ({ state }) => <Status of={state} /> },
  {
    id: 'to',
    header: 'To',
    width: 7,
    grow: 0,
    phone: 'hide',
    cell: ({ customerId }) => <Person id={customerId} />,
  },
  { id: 'at', header: 'Recorded', width: 9, grow: 0, cell: ({ recordedAt }) => <When at={recordedAt} /> },
]

const failedColumns: readonly Column<Failed>[] = [
  { id: 'kind', header: 'Kind', width: 9, phone: 'title', cell: ({ kind }) => humanise(kind) },
  { id: 'cause', header: 'Cause', width: 16, grow: 3, cell: ({ cause }) => <span title={cause}>{cause}</span> },
  { id: 'channel', header: 'By', width: 6, grow: 0, cell: ({ channel }) => channel },
  {
    id: 'attempts',
    header: 'Tries',
    width: 5,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ attempts }) => attempts,
  },
  { id: 'at', header: 'Failed', width: 8, grow: 0, cell: ({ failedAt }) => <When at={failedAt} ago /> },
  { id: 'care', header: 'Do', width: 14, grow: 0, phone: 'end', cell: (message) => <CareFor message={message} /> },
]

function CareFor({ message }: { message: Failed }) {
  const path = { messageId: message.messageId }
  const stale = [['messages']]
  const replay = useAct({ run: () => souk.replayNotification({ path }), stale, done: 'Sent again' })
  const discard = useAct({
    run: (reason: string) => souk.discardNotification({ path, body: { reason } }),
    stale,
    done: 'Discarded',
  })
  return (
    <span className="flex gap-1">
      <Button size="sm" busy={replay.isPending} onClick={() => replay.mutate()}>
        Again
      </Button>
      <Reason
        title="Why is it discarded?"
        act="Discard"
        label="Discard"
        danger
        run={(reason) => discard.mutate(reason)}
      />
    </span>
  )
}

/** What people were told, by which way, and what did not reach them. */
export function Inbox() {
  const [{ kind, channel, tab }, set] = useFilters()
  const [opened, setOpened] = useState<Message>()
  const wanted = {
    ...(kinds.some((each) => each === kind) && { kind: kind as (typeof kinds)[number] }),
    ...(channels.some((each) => each === channel) && { channel: channel as (typeof channels)[number] }),
  }
  const failed = tab === 'failed'
  return (
    <Page
      title="Inbox"
      about="Every message of the marketplace, newest first."
      fill
      actions={
        <Button onClick={() => set({ tab: failed ? '' : 'failed' })} aria-pressed={failed}>
          {failed ? 'Show all' : 'Show what failed'}
        </Button>
      }
    >
      {failed ? (
        <Grid
          label="Messages that failed"
          columns={failedColumns}
          rowId={({ messageId, channel }) => `${messageId} ${channel}`}
          queryKey={['messages', 'failed']}
          list={(page) => souk.listFailedNotifications({ query: page })}
          refetchMs={15_000}
          empty={
            <EmptyState icon={<MailCheck />} title="Every message went out">
              What a mail server or a provider refused for good stands here, to be sent again or discarded.
            </EmptyState>
          }
        />
      ) : (
        <>
          <FilterBar
            screen="inbox"
            filters={[
              { name: 'kind', label: 'Kind', options: kinds.map((each) => [each, humanise(each)]) },
              { name: 'channel', label: 'By', options: channels.map((each) => [each, each]) },
            ]}
          />
          <Grid
            label="Messages"
            columns={columns}
            rowId={({ messageId, channel }) => `${messageId} ${channel}`}
            onOpen={setOpened}
            queryKey={['messages', 'recent', wanted]}
            list={(page) => souk.listRecentNotifications({ query: { ...wanted, ...page } })}
            refetchMs={10_000}
            empty={
              <EmptyState icon={<InboxIcon />} title="Nobody was told anything yet">
                Confirmations, shipments, refunds and warnings appear here as they are sent.
              </EmptyState>
            }
          />
        </>
      )}
      {opened && (
        <Dialog
          open
          onOpenChange={(open) => !open && setOpened(undefined)}
          drawer
          title={opened.subject || humanise(opened.kind)}
        >
          <Facts
            items={[
              ['State', <Status key="state" of={opened.state} />],
              ['By', opened.channel],
              [
                'To',
                <span key="to" className="font-mono text-xs">
                  {opened.customerId}
                </span>,
              ],
              ['Language', opened.language],
              ['Recorded', formatExact(opened.recordedAt)],
              ['Sent', opened.sentAt ? formatExact(opened.sentAt) : '–'],
              ...(opened.detail ? [['Detail', opened.detail] as const] : []),
            ]}
          />
          <p className="mt-4 rounded-lg bg-sunken p-4 text-sm whitespace-pre-wrap wrap-anywhere">{opened.text}</p>
        </Dialog>
      )}
    </Page>
  )
}

/** What the shop's customers are told, in its own words. */
export function ShopMessages() {
  const shopId = useShopId()
  const [opened, setOpened] = useState<Template>()
  const query = useQuery({ queryKey: ['templates', shopId], queryFn: () => souk.listTemplates({ query: { shopId } }) })
  const columns: readonly Column<Template>[] = [
    { id: 'kind', header: 'Message', width: 10, phone: 'title', cell: ({ kind }) => humanise(kind) },
    { id: 'subject', header: 'Subject', width: 14, grow: 3, cell: ({ subject }) => subject },
    { id: 'channel', header: 'By', width: 6, grow: 0, cell: ({ channel }) => channel },
    { id: 'language', header: 'Language', width: 6, grow: 0, cell: ({ language }) => language },
    {
      id: 'own',
      header: 'Words',
      width: 8,
      grow: 0,
      phone: 'end',
      cell: ({ shopId }) => (shopId ? <Badge tone="accent">Yours</Badge> : <Badge>Ours</Badge>),
    },
  ]
  return (
    <Page
      title="Messages"
      about="What customers of this shop are told. Open one to say it in your own words."
      fill
      actions={<SendNotice shopId={shopId} />}
    >
      <Loaded query={query}>
        {({ items }) => (
          <Grid
            label="Messages of the shop"
            columns={columns}
            rows={items}
            rowId={({ kind, channel, language }) => `${kind} ${channel} ${language}`}
            onOpen={setOpened}
            empty={
              <EmptyState icon={<MessagesSquare />} title="No templates">
                Every kind of message has words of ours; open one to say it in yours.
              </EmptyState>
            }
          />
        )}
      </Loaded>
      {opened && <TemplateEditor shopId={shopId} template={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function TemplateEditor({ shopId, template, close }: { shopId: string; template: Template; close: () => void }) {
  const { kind, channel, language } = template
  const [subject, setSubject] = useState(template.subject)
  const [body, setBody] = useState(template.body)
  const path = { kind }
  const versions = useQuery({
    queryKey: ['template-versions', shopId, kind, channel, language],
    queryFn: () => souk.listTemplateVersions({ path, query: { channel, language, shopId, limit: 20 } }),
  })
  const preview = useQuery({
    queryKey: ['template-preview', shopId, kind, channel, language, subject, body],
    queryFn: () => souk.previewTemplate({ path, body: { shopId, channel, language, subject, body } }),
    staleTime: 60_000,
    retry: false,
  })
  const publish = useAct({
    run: (words: { subject: string; body: string }) =>
      souk.publishTemplate({ path, body: { shopId, channel, language, ...words } }),
    stale: [
      ['templates', shopId],
      ['template-versions', shopId, kind],
    ],
    done: 'Said like this from now on',
    undo: () =>
      souk.publishTemplate({
        path,
        body: { shopId, channel, language, subject: template.subject, body: template.body },
      }),
    onDone: close,
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={humanise(kind)}
      description={`${channel}, ${language}`}
      width="lg"
      actions={
        <>
          <DialogClose />
          <Button variant="primary" busy={publish.isPending} onClick={() => publish.mutate({ subject, body })}>
            Publish
          </Button>
        </>
      }
    >
      <div className="grid gap-4 pb-2 md:grid-cols-2">
        <div className="flex flex-col gap-3">
          <Field label="Subject">
            <Input value={subject} onChange={(event) => setSubject(event.target.value)} maxLength={200} />
          </Field>
          <Field label="Words" hint="{name} stands for what is filled in.">
            <Textarea
              rows={10}
              value={body}
              onChange={(event) => setBody(event.target.value)}
              maxLength={8_000}
              className="font-mono text-xs"
            />
          </Field>
        </div>
        <Tabs
          label="Beside"
          tabs={[
            {
              value: 'preview',
              label: 'How it reads',
              content: (
                <Loaded query={preview}>
                  {({ subject, text }) => (
                    <Card>
                      <p className="font-semibold wrap-anywhere">{subject}</p>
                      <p className="mt-2 text-sm whitespace-pre-wrap wrap-anywhere">{text}</p>
                    </Card>
                  )}
                </Loaded>
              ),
            },
            {
              value: 'versions',
              label: 'Before',
              content: (
                <Loaded query={versions}>
                  {({ items }) => (
                    <ul className="flex flex-col gap-2 text-sm">
                      {items.length === 0 && <li className="text-quiet">Never changed by this shop.</li>}
                      {items.map((version) => (
                        <li key={version.version} className="flex items-center justify-between gap-2">
                          <span className="min-w-0 truncate">
                            {version.version}. {version.subject}
                          </span>
                          <Button
                            size="sm"
                            onClick={() => {
                              setSubject(version.subject)
                              setBody(version.body)
                            }}
                          >
                            Take
                          </Button>
                        </li>
                      ))}
                    </ul>
                  )}
                </Loaded>
              ),
            },
          ]}
        />
      </div>
    </Dialog>
  )
}

function SendNotice({ shopId }: { shopId: string }) {
  const [open, setOpen] = useState(false)
  type Notice = { customerIds: string[]; subject: string; text: string }
  const send = useAct({
    run: (body: Notice) => souk.sendNotification({ body: { shopId, kind: 'notice', ...body } }),
    stale: [['messages']],
    done: ({ messages }) => `${messages.length} people are told`,
    onDone: () => setOpen(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const said = (name: string) => word(form, name)
    send.mutate({
      customerIds: said('to')
        .split(/[\s,]+/)
        .filter(Boolean),
      subject: said('subject'),
      text: said('text'),
    })
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="Write to customers"
      description="To people who ordered from this shop."
      trigger={<Button>Write to customers</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="notice" variant="primary" busy={send.isPending}>
            Send
          </Button>
        </>
      }
    >
      <form id="notice" onSubmit={submit} className="flex flex-col gap-4 pb-2">
        <Field label="Customers" hint="Their ids, one on a line; you find them in orders.">
          <Textarea name="to" rows={3} required className="font-mono text-xs" />
        </Field>
        <Field label="Subject">
          <Input name="subject" required maxLength={200} />
        </Field>
        <Field label="Words">
          <Textarea name="text" rows={5} required maxLength={4_000} />
        </Field>
      </form>
    </Dialog>
  )
}
