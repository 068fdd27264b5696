import type { Mutant } from './list.ts'

const messages = 'services/notifications/messages.test.ts'
const sending = 'services/notifications/send-due.test.ts'
const paging = 'services/notifications/message-pages.test.ts'
const rendering = 'services/notifications/render.test.ts'

/** Ways to break what people are told. */
export const messageMutants: readonly Mutant[] = [
  {
    name: 'told-again',
    breaks: 'Whoever hears of an order again is told again: a message has no id of its cause.',
    edits: [
      {
        file: 'services/notifications/message.ts',
        find: '-${causeId.slice(19)}`',
        replace: '-${crypto.randomUUID().slice(19)}`',
      },
    ],
    turnsRed: [{ file: messages, test: 'hearing of it again tells nobody again' }],
  },
  {
    name: 'told-again-in-a-page',
    breaks: 'A message that lies in a page and in a row of its own stands twice in the inbox.',
    edits: [
      {
        file: 'services/notifications/messages.sql.ts',
        find: 'select distinct on (id) * from (table rows union all table paged) found order by id desc',
        replace: 'select * from (table rows union all table paged) found order by id desc',
      },
    ],
    turnsRed: [{ file: paging, test: 'is told once, in whatever company its event is heard again' }],
  },
  {
    name: 'last-of-a-page-forgotten',
    breaks: 'Of every 240 customers of a rush the last one is not told.',
    edits: [
      {
        file: 'services/notifications/message-pages.ts',
        find: 'group.slice(start, start + most)',
        replace: 'group.slice(start, start + most - 1)',
      },
    ],
    turnsRed: [{ file: paging, test: 'are told in pages, and each customer finds his own message as if it had a row' }],
  },
  {
    name: 'message-ended-by-whoever-had-it',
    breaks: 'A process that held a message for too long still says how it ended, though another is sending it now.',
    edits: [
      {
        file: 'services/notifications/deliveries.sql.ts',
        find: 'h(message_id, fence, cause)\n      where d.message_id = h.message_id and d.fence = h.fence',
        replace: 'h(message_id, fence, cause)\n      where d.message_id = h.message_id',
      },
    ],
    turnsRed: [{ file: sending, test: 'whoever held a message too long may no longer say how it ended' }],
  },
  {
    name: 'values-taken-for-markup',
    breaks: 'What a shop calls itself becomes a link in everybody’s mail.',
    edits: [
      {
        file: 'services/notifications/render.ts',
        find: 'given[name] = slot(slotted.length)',
        replace: 'given[name] = text',
      },
    ],
    turnsRed: [{ file: rendering, test: 'is text in a mail, never markup: not as HTML and not as our own' }],
  },
]
