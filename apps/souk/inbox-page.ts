import type { InboxMessage, InboxListed } from '@souk/notifications'
import { escapeHtml } from './welcome-page.ts'

/** How a message is looked at. */
export const looks = ['mail', 'text', 'sms', 'push'] as const
export type Look = (typeof looks)[number]

export type InboxShown = {
  messages: readonly InboxListed[]
  opened: InboxMessage | undefined
  look: Look
  filter: { to: string; kind: string; channel: string }
  /** Who was looked for is nobody we know. */
  unknown: boolean
  kinds: readonly string[]
  channels: readonly string[]
  /** Where the list goes on. */
  before: string | undefined
  at: Date
}

const lookNames: Readonly<Record<Look, string>> = {
  mail: 'Mail',
  text: 'Plain text',
  sms: 'Text message',
  push: 'Push',
}

type Asked = Partial<{ to: string; kind: string; channel: string; before: string; open: string; look: string }>

const address = (asked: Asked): string => {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== '' && value !== undefined))
  return escapeHtml(`/inbox${query.size > 0 ? `?${query.toString()}` : ''}`)
}

/** What identifies a message on this page: whose it is and which. */
export const handleOf = (message: { customerId: string; messageId: string }) =>
  `${message.customerId}.${message.messageId}`

function ago(ms: number, at: Date): string {
  const seconds = Math.max(0, Math.round((at.getTime() - ms) / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`
}

const whoIs = ({ recipient, customerId }: InboxListed): string =>
  recipient === undefined || (recipient.name === '' && recipient.email === null)
    ? `account ${customerId.slice(-8)}`
    : recipient.name || (recipient.email ?? '')

const chip = (text: string, also = '') => `<span class="chip ${also}">${escapeHtml(text)}</span>`

function row(message: InboxListed, { opened, filter, at, look }: InboxShown): string {
  const isOpen = opened?.messageId === message.messageId && opened.customerId === message.customerId
  return `<li${isOpen ? ' class="open"' : ''}><a href="${address({ ...filter, open: handleOf(message), look })}"${isOpen ? ' aria-current="true"' : ''}>
<b>${escapeHtml(message.rendered.subject)}</b><span class="who">${escapeHtml(whoIs(message))}</span>
<span class="quiet">${escapeHtml(message.shopName)} · ${ago(message.recordedAtMs, at)}</span>
<span>${chip(message.kind)}${chip(message.channel)}${message.state === 'delivered' || message.state === 'sent' ? '' : chip(message.state, 'warn')}</span></a></li>`
}

const field = (name: string, value: string) => `<tr><th scope="row">${name}</th><td>${escapeHtml(value)}</td></tr>`

function asSeen(message: InboxMessage, look: Look): string {
  const { rendered } = message
  if (look === 'mail')
    return `<iframe class="mail" title="The mail as it is sent" src="/inbox/mail/${handleOf(message).replace('.', '/')}" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`
  if (look === 'text') return `<pre>${escapeHtml(message.mailText)}</pre>`
  if (look === 'sms')
    return `<div class="phone"><p class="quiet">${escapeHtml(message.shopName)}</p><p class="bubble">${escapeHtml(rendered.text)}</p><p class="quiet">${rendered.text.length} characters</p></div>`
  return `<div class="phone"><div class="push"><b>${escapeHtml(rendered.subject)}</b><span>${escapeHtml(rendered.text)}</span></div></div>`
}

function letter(message: InboxMessage, shown: InboxShown): string {
  const { recipient } = message
  const to = [recipient?.name, recipient?.email ?? recipient?.phone].filter(Boolean).join(', ')
  const tabs = looks.map((look) =>
    look === shown.look
      ? `<b aria-current="page">${lookNames[look]}</b>`
      : `<a href="${address({ ...shown.filter, open: handleOf(message), look })}">${lookNames[look]}</a>`,
  )
  return `<article><p class="back"><a href="${address(shown.filter)}">All messages</a></p>
<h2>${escapeHtml(message.rendered.subject)}</h2>
<table>${field('To', to || whoIs(message))}${field('From', message.shopName)}${field('Kind', message.kind)}${field('By', `${message.channel}, ${message.state}${message.detail === null ? '' : ` (${message.detail})`}`)}${field('Recorded', new Date(message.recordedAtMs).toISOString())}${message.orderId === null ? '' : field('Order', message.orderId)}</table>
<nav class="tabs" aria-label="How it looks">${tabs.join(' ')}</nav>
${asSeen(message, shown.look)}</article>`
}

const options = (all: readonly string[], chosen: string, every: string) =>
  [`<option value="">${every}</option>`]
    .concat(all.map((each) => `<option${each === chosen ? ' selected' : ''}>${escapeHtml(each)}</option>`))
    .join('')

/** The page at `/inbox`: what people were told lately, and one of it as they see it. Without scripts. */
export function inboxPage(shown: InboxShown): string {
  const { messages, opened, filter, unknown, before } = shown
  const filtered = filter.to !== '' || filter.kind !== '' || filter.channel !== ''
  const empty = unknown
    ? 'Nobody here has this address or id.'
    : filtered
      ? 'No message is like that.'
      : 'Nobody has been told anything yet. Place an order: its confirmation appears here.'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Inbox, Souk</title><style>${inboxStyle}</style></head>
<body class="${opened === undefined ? 'list' : 'reading'}"><header><h1>Inbox</h1><p class="quiet">What people here were told, the newest first; each as a mail, a text message or a push would show it. <a href="/">Marketplace</a></p>
<form method="get" action="/inbox"><label>To <input name="to" value="${escapeHtml(filter.to)}" placeholder="e-mail or account id" maxlength="320" autocomplete="off"></label>
<label>Kind <select name="kind">${options(shown.kinds, filter.kind, 'all')}</select></label>
<label>By <select name="channel">${options(shown.channels, filter.channel, 'all')}</select></label>
<button>Show</button>${filtered ? '<a href="/inbox">Show all</a>' : ''}</form></header>
<main><section aria-label="Messages">${messages.length === 0 ? `<p class="empty">${empty}</p>` : `<ul>${messages.map((message) => row(message, shown)).join('')}</ul>`}
${before === undefined ? '' : `<p class="older"><a href="${address({ ...filter, before })}">Older</a></p>`}</section>
${opened === undefined ? '<section class="hint"><p class="quiet">Choose a message to read it as a mail, as plain text, as a text message or as a push message.</p></section>' : letter(opened, shown)}</main></body></html>
`
}

export const inboxStyle = `
:root{--ink:#221d18;--quiet:#6f655b;--paper:#faf7f2;--card:#fff;--line:#e6ddd1;--accent:#a8401c;--bubble:#e9e2d7}
@media(prefers-color-scheme:dark){:root{--ink:#f0e9df;--quiet:#a99d8f;--paper:#191613;--card:#23201c;--line:#3a342d;--accent:#f0935f;--bubble:#3a342d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
header,main{max-width:84rem;margin:auto;padding:1rem}
h1{margin:0;font-size:1.8rem;letter-spacing:-.02em}
h2{margin:.2rem 0 .8rem;font-size:1.3rem;overflow-wrap:anywhere}
p{margin:.2rem 0}
a{color:var(--accent)}
.quiet{color:var(--quiet);font-size:.88rem}
form{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin-top:.8rem}
label{display:grid;gap:.15rem;font-size:.85rem;color:var(--quiet)}
input,select,button{min-height:2.5rem;padding:.3rem .6rem;border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--ink);font:inherit}
input{width:min(19rem,80vw)}
button{background:var(--accent);border-color:var(--accent);color:var(--paper);font-weight:600;cursor:pointer}
form>a{align-self:center}
main{display:grid;grid-template-columns:minmax(17rem,24rem) minmax(0,1fr);gap:1.2rem;align-items:start;padding-top:0}
ul{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:12px;background:var(--card);overflow:hidden}
li+li{border-top:1px solid var(--line)}
li a{display:grid;gap:.1rem;padding:.65rem .8rem;color:inherit;text-decoration:none;border-left:4px solid transparent;overflow-wrap:anywhere}
li.open a{border-left-color:var(--accent);background:var(--paper)}
li a:hover b,a:focus-visible{color:var(--accent)}
.who{font-size:.92rem}
.chip{display:inline-block;margin:.15rem .3rem 0 0;padding:0 .5rem;border:1px solid var(--line);border-radius:99px;color:var(--quiet);font-size:.78rem}
.warn{border-color:var(--accent);color:var(--accent)}
article,.hint,.empty{padding:1rem;border:1px solid var(--line);border-radius:12px;background:var(--card)}
.back{display:none}
table{border-collapse:collapse;font-size:.9rem}
th{padding:.05rem 1rem .05rem 0;color:var(--quiet);font-weight:400;text-align:left;vertical-align:top}
td{overflow-wrap:anywhere}
.tabs{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:1rem 0 .8rem;padding-bottom:.5rem;border-bottom:1px solid var(--line)}
.tabs a,.tabs b{padding:.3rem 0}
.mail{display:block;width:100%;height:27rem;border:1px solid var(--line);border-radius:8px;background:#faf7f2;color-scheme:light}
pre{margin:0;font:15px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.phone{max-width:24rem;padding:1rem;border:1px solid var(--line);border-radius:24px;background:var(--paper)}
.bubble{width:fit-content;max-width:90%;margin:.4rem 0;padding:.6rem .9rem;border-radius:18px 18px 18px 4px;background:var(--bubble);white-space:pre-wrap;overflow-wrap:anywhere}
.push{display:grid;gap:.2rem;padding:.8rem 1rem;border-radius:16px;background:var(--card);box-shadow:0 1px 4px #0003;overflow-wrap:anywhere}
.older{text-align:center;padding:.8rem}
@media(max-width:46rem){main{grid-template-columns:minmax(0,1fr)}.reading section,.hint{display:none}.back{display:block}.reading form{display:none}}
`
