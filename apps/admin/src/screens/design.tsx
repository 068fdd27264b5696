import {
  Alert,
  Badge,
  Button,
  Card,
  Checkbox,
  ChoiceGroup,
  Combobox,
  Confirm,
  chartColours,
  Dialog,
  DialogClose,
  EmptyState,
  Facts,
  Field,
  IconButton,
  Input,
  Loading,
  Menu,
  type Option,
  Pagination,
  Price,
  Progress,
  Radio,
  Select,
  Skeleton,
  Spinner,
  Stat,
  Switch,
  Table,
  Tabs,
  Td,
  Textarea,
  Th,
  type Tone,
  Tr,
  useToast,
} from '@souk/ui'
import { Copy, Inbox, MoreVertical, Pencil, Trash2 } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { formatCount } from '../format.ts'
import { type Column, Grid } from '../grid/grid.tsx'
import { Page } from '../parts/page.tsx'

const tones: readonly Tone[] = ['neutral', 'accent', 'good', 'warn', 'bad', 'info']
const fruit: Option[] = ['Apple', 'Apricot', 'Banana', 'Cherry', 'Fig', 'Grape', 'Kiwi', 'Lemon'].map((label) => ({
  value: label.toLowerCase(),
  label,
}))
const grounds = [
  'paper',
  'surface',
  'raised',
  'sunken',
  'hover',
  'accent',
  'accent-soft',
  'good-soft',
  'warn-soft',
  'bad-soft',
  'info-soft',
] as const
const swatches: Record<(typeof grounds)[number], string> = {
  paper: 'bg-paper',
  surface: 'bg-surface',
  raised: 'bg-raised',
  sunken: 'bg-sunken',
  hover: 'bg-hover',
  accent: 'bg-accent',
  'accent-soft': 'bg-accent-soft',
  'good-soft': 'bg-good-soft',
  'warn-soft': 'bg-warn-soft',
  'bad-soft': 'bg-bad-soft',
  'info-soft': 'bg-info-soft',
}

const Row = ({ children }: { children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-3">{children}</div>
)

/** Every component with its states: what a change of the tokens does is seen here first. */
export function Design() {
  const tell = useToast()
  const [chosen, setChosen] = useState<Option | null>(null)
  const [page, setPage] = useState(2)
  return (
    <Page title="Design system" about="Every component with its states. Light or dark as the page is.">
      <Card title="Colours">
        <ul className="grid grid-cols-3 gap-3 text-xs sm:grid-cols-6">
          {grounds.map((name) => (
            <li key={name}>
              <span className={`block h-12 rounded-md border border-line ${swatches[name]}`} />
              {name}
            </li>
          ))}
          {chartColours.map((colour, index) => (
            <li key={colour}>
              <svg aria-hidden="true" className="block h-12 w-full rounded-md">
                <rect width="100%" height="100%" fill={colour} />
              </svg>
              chart-{index + 1}
            </li>
          ))}
        </ul>
      </Card>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="Buttons">
          <div className="flex flex-col gap-3">
            {(['primary', 'secondary', 'quiet', 'danger'] as const).map((variant) => (
              <Row key={variant}>
                <Button variant={variant}>{variant}</Button>
                <Button variant={variant} size="sm">
                  small
                </Button>
                <Button variant={variant} busy>
                  busy
                </Button>
                <Button variant={variant} disabled>
                  disabled
                </Button>
              </Row>
            ))}
            <Row>
              <Button size="lg" variant="primary">
                large
              </Button>
              <IconButton label="Edit">
                <Pencil />
              </IconButton>
              <IconButton label="Remove" size="sm">
                <Trash2 />
              </IconButton>
              <Spinner />
            </Row>
          </div>
        </Card>
        <Card title="Fields">
          <div className="flex flex-col gap-3">
            <Field label="Plain" hint="A hint says the form of the value.">
              <Input placeholder="Placeholder" />
            </Field>
            <Field label="Wrong" error="Say an amount like 19.99.">
              <Input defaultValue="twenty" />
            </Field>
            <Field label="Disabled">
              <Input disabled defaultValue="As it is" />
            </Field>
            <Field label="One of a few" required>
              <Select>
                <option>Standard delivery</option>
                <option>Express</option>
              </Select>
            </Field>
            <Combobox
              label="One of many"
              placeholder="Type a fruit"
              options={fruit}
              value={chosen}
              onChange={setChosen}
            />
            <Field label="Words">
              <Textarea rows={2} />
            </Field>
          </div>
        </Card>
        <Card title="Choices">
          <div className="grid gap-4 sm:grid-cols-2">
            <ChoiceGroup legend="Checkboxes">
              <Checkbox label="Chosen" defaultChecked />
              <Checkbox label="With a hint" hint="What follows from it" />
              <Checkbox label="Disabled" disabled />
            </ChoiceGroup>
            <ChoiceGroup legend="Radios">
              <Radio name="r" label="This" defaultChecked />
              <Radio name="r" label="Or that" />
            </ChoiceGroup>
            <Switch label="On" defaultChecked />
            <Switch label="Disabled" disabled />
          </div>
        </Card>
        <Card title="Badges and messages">
          <div className="flex flex-col gap-3">
            <Row>
              {tones.map((tone) => (
                <Badge key={tone} tone={tone}>
                  {tone}
                </Badge>
              ))}
            </Row>
            {(['info', 'good', 'warn', 'bad'] as const).map((tone) => (
              <Alert
                key={tone}
                tone={tone}
                title={`An alert, ${tone}`}
                actions={tone === 'bad' && <Button size="sm">Try again</Button>}
              >
                What is so, and what to do.
              </Alert>
            ))}
          </div>
        </Card>
        <Card title="On top of the page">
          <Row>
            <Dialog
              title="A dialog"
              description="What it is about."
              trigger={<Button>Dialog</Button>}
              actions={
                <>
                  <DialogClose />
                  <Button variant="primary">Do it</Button>
                </>
              }
            >
              <p className="text-sm">Content that scrolls when it does not fit.</p>
            </Dialog>
            <Dialog drawer title="A drawer" trigger={<Button>Drawer</Button>}>
              <p className="text-sm">For looking something up beside a list.</p>
            </Dialog>
            <Confirm
              title="Take it away?"
              confirm="Take it away"
              danger
              onConfirm={() => tell({ title: 'Taken away', tone: 'good', undo: () => tell({ title: 'Back again' }) })}
              trigger={<Button>Confirm</Button>}
            >
              This cannot be undone.
            </Confirm>
            <Menu
              trigger={
                <IconButton label="More">
                  <MoreVertical />
                </IconButton>
              }
              items={[
                { heading: 'A menu' },
                { label: 'Copy', icon: <Copy />, hint: 'C', onSelect: () => tell({ title: 'Copied' }) },
                { label: 'Disabled', disabled: true, onSelect: () => {} },
                { separator: true },
                {
                  label: 'Remove',
                  icon: <Trash2 />,
                  danger: true,
                  onSelect: () => tell({ title: 'It failed', detail: 'The reason why.', tone: 'bad' }),
                },
              ]}
            />
            <Button
              onClick={() =>
                tell({
                  title: 'Saved',
                  detail: 'With a way back.',
                  tone: 'good',
                  undo: () => tell({ title: 'Taken back' }),
                })
              }
            >
              Toast
            </Button>
          </Row>
        </Card>
        <Card title="Figures">
          <div className="grid grid-cols-3 gap-4">
            <Stat label="Orders" value="12,345" note="3 cancelled" />
            <Stat label="Good" value="99.9 %" tone="good" />
            <Stat label="Bad" value="12 s" tone="bad" />
          </div>
          <div className="mt-4 flex flex-wrap items-baseline gap-6">
            <Price minor={1999} currency="EUR" size="sm" />
            <Price minor={1999} currency="EUR" beforeMinor={2999} />
            <Price minor={120_000} currency="JPY" size="lg" />
          </div>
          <Facts
            className="mt-4"
            items={[
              ['Name', 'Value'],
              ['Long', 'A value that goes on and on and is broken where it must be'],
            ]}
          />
        </Card>
        <Card title="On its way, and nothing there">
          <div data-specimen>
            <Loading lines={3} />
            <Skeleton className="mt-4 h-10" />
            <Progress label="Importing" value={0.42} className="mt-4" />
            <Progress label="Nobody knows how long" className="mt-4" />
            <EmptyState icon={<Inbox />} title="Nothing here yet" action={<Button variant="primary">Make one</Button>}>
              Says what would be here, and how it comes to be.
            </EmptyState>
          </div>
        </Card>
        <Card title="Tabs and pages">
          <Tabs
            label="Tabs"
            tabs={[
              {
                value: 'a',
                label: 'First',
                count: 3,
                content: <p className="text-sm">Only the chosen one is in the page.</p>,
              },
              { value: 'b', label: 'Second', content: <p className="text-sm">The second.</p> },
            ]}
          />
          <Pagination onPrevious={page > 1 ? () => setPage(page - 1) : undefined} onNext={() => setPage(page + 1)}>
            Page {page}
          </Pagination>
          <Table label="A table">
            <thead>
              <tr>
                <Th sorted="ascending">Name</Th>
                <Th numeric>Units</Th>
              </tr>
            </thead>
            <tbody>
              <Tr>
                <Td>First</Td>
                <Td numeric>1,200</Td>
              </Tr>
              <Tr>
                <Td>Second</Td>
                <Td numeric>7</Td>
              </Tr>
            </tbody>
          </Table>
        </Card>
      </div>
      <Million />
    </Page>
  )
}

/** Numbers only: what a list of a million costs is seen by scrolling it. */
function Million() {
  const rows = useMemo(() => Array.from({ length: 1_000_000 }, (_, index) => index), [])
  const columns: readonly Column<number>[] = useMemo(
    () => [
      { id: 'number', header: 'Number', width: 8, phone: 'title', cell: (row) => formatCount(row + 1) },
      {
        id: 'square',
        header: 'Its square',
        width: 12,
        numeric: true,
        phone: 'end',
        cell: (row) => formatCount((row + 1) ** 2),
      },
      { id: 'kind', header: 'Kind', width: 8, cell: (row) => (row % 2 === 0 ? 'odd' : 'even') },
    ],
    [],
  )
  return (
    <Card title="A list of a million rows">
      <Grid inset label="A million rows" columns={columns} rows={rows} rowId={String} />
    </Card>
  )
}
