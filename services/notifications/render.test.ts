import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allKinds, type Kind, samplesOf } from './kinds.ts'
import { mailHtml } from './mail.ts'
import { faultsOfTemplate, render } from './render.ts'
import { builtIn, languageOf, languages } from './wording/index.ts'

const notice = { subject: '{title}', body: '# {title}\n\n{text}' }

test.each(languages.flatMap((language) => allKinds.map((kind) => [language, kind] as const)))(
  'the words in %s for %s can be rendered with every value',
  (language, kind) => {
    for (const channel of ['email', 'sms'] as const) {
      const template = builtIn(kind, channel, language)
      expect(faultsOfTemplate(kind, channel, template, language)).toEqual([])
      for (const sample of samplesOf(kind)) {
        const made = render(kind, template, { customer: 'Ada', shop: 'Lamps', ...sample }, language)
        expect(made.text + made.subject).not.toMatch(/[{}\ue000-\uf8ff]|undefined|null/)
      }
    }
  },
)

test('numbers, money and dates are written as the reader writes them', () => {
  const values = {
    customer: '',
    shop: 'S',
    order: '1',
    amount: { minor: 123_456, currency: 'EUR' },
    deadline: Date.UTC(2026, 2, 1, 18, 5),
  }
  const inLanguage = (language: 'en' | 'de' | 'tr') =>
    render('payment-needed', builtIn('payment-needed', 'email', language), values, language).text.replaceAll(
      '\u00a0',
      ' ',
    )
  expect(inLanguage('en')).toContain('€1,234.56')
  expect(inLanguage('en')).toContain('March 1, 2026, 6:05')
  expect(inLanguage('de')).toContain('1.234,56 €')
  expect(inLanguage('de')).toContain('1. März 2026, 18:05')
  expect(inLanguage('tr')).toContain('1 Mart 2026 18:05')
})

describe('what people write', () => {
  test('is text in a mail, never markup: not as HTML and not as our own', () => {
    const nasty = `<script>alert(1)</script> **bold** [click](https://evil.example) {order} '" &`
    const made = render('notice', notice, { customer: '', shop: nasty, title: nasty, text: nasty }, 'en')
    const mail = mailHtml(made, nasty, 'en')
    expect(mail).not.toContain('<script')
    expect(mail).not.toContain('<a ')
    expect(mail).not.toContain('<strong>')
    expect(mail.split('&lt;script&gt;').length).toBe(5)
    expect(made.text).toContain('[click](https://evil.example)')
  })

  test('leaves nothing in HTML but the elements we make, whatever it is', () => {
    const tags = /<(?!\/?(?:h2|p|strong|a|br)\b)/
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom(...'<>"\'&[]()*#{}\n\ue000ab') }),
        (title, text) => {
          const made = render('notice', notice, { title, text, shop: text, customer: title }, 'en')
          expect(made.html).not.toMatch(tags)
          expect(made.html).not.toMatch(/href="(?!https?:)/)
          expect(made.subject).not.toContain('\n')
        },
      ),
    )
  })

  test('leads nowhere but to the web', () => {
    const values = {
      order: '1',
      units: 1,
      complete: 'yes',
      tracked: 'yes',
      carrier: 'C',
      trackingNumber: 'N',
      shop: '',
      customer: '',
    }
    const template = builtIn('order-shipped', 'email', 'en')
    const link = (trackingUrl: string) => render('order-shipped', template, { ...values, trackingUrl }, 'en').html
    expect(link('https://c.example/a?b=1&c="2')).not.toContain('<a')
    expect(link('https://c.example/a?b=1&c=2')).toContain('href="https://c.example/a?b=1&amp;c=2"')
    expect(link('javascript:alert(1)')).not.toContain('<a')
    expect(link('')).not.toContain('<a')
  })
})

describe('a template is refused', () => {
  const faults = (body: string, kind: Kind = 'order-delivered') =>
    faultsOfTemplate(kind, 'email', { subject: 'Hello', body }, 'en')
  test.each([
    ['when it cannot be read', 'Hello {order'],
    ['when it asks for what the kind does not have', 'Hello {password}'],
    ['when it links elsewhere than to the web', '[x](javascript:alert)'],
    ['when it uses a text as a number', '{order, number}'],
    ['when nothing is left of it', '[x]({nothing})'],
  ])('%s', (_, body) => expect(faults(body)).not.toEqual([]))
  test('and taken otherwise', () =>
    expect(faults('Dear {customer}, **{order}** of {shop} is [here](https://souk.example).')).toEqual([]))
})

test('an unknown language falls back to English, a regional one to its language', () => {
  expect(languageOf('de-AT')).toBe('de')
  expect(languageOf('xx')).toBe('en')
})
