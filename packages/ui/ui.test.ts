import fc from 'fast-check'
import { createElement, type ReactElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import * as ui from './index.ts'

const html = (element: ReactElement) => renderToStaticMarkup(element)
const { Badge, Button, Checkbox, Dialog, Field, formatMoney, Input, moneyForInput, parseMoney, Price, Tabs } = ui

describe('rendered on the server', () => {
  test('a field ties its label, hint and error to the control', () => {
    const page = html(
      createElement(Field, {
        label: 'Name',
        hint: 'As on the door',
        error: 'Say a name.',
        children: createElement(Input, { name: 'name' }),
      }),
    )
    const id = /<label for="([^"]+)"/.exec(page)?.[1]
    expect(page).toContain(`id="${id}"`)
    expect(page).toContain(`aria-describedby="${id}-error ${id}-hint"`)
    expect(page).toContain('aria-invalid="true"')
    expect(page).toContain('role="alert"')
  })

  test('a field that is in order says nothing of errors', () => {
    const page = html(createElement(Field, { label: 'Name', children: createElement(Input, {}) }))
    expect(page).not.toMatch(/role="alert"|aria-invalid=/)
  })

  test('a busy button cannot be pressed again and says so', () => {
    expect(html(createElement(Button, { busy: true, children: 'Save' }))).toMatch(
      /aria-busy="true".*aria-disabled="true"/,
    )
  })

  test('a button never sends a form unless it is told to', () => {
    expect(html(createElement(Button, { children: 'More' }))).toContain('type="button"')
  })

  test('what a shop calls its things stays text', () => {
    const name = '<img src=x onerror=alert(1)>'
    for (const element of [
      createElement(Badge, { children: name }),
      createElement(Checkbox, { label: name }),
      createElement(Tabs, { label: name, tabs: [{ value: 'a', label: name, content: name }] }),
    ])
      expect(html(element)).not.toContain('<img')
  })

  test('a closed dialog is only its trigger', () => {
    const trigger = createElement('button', { type: 'button' }, 'Open')
    expect(html(createElement(Dialog, { title: 'Hidden', trigger }))).not.toContain('Hidden')
  })

  test('a reduced price names the one before', () => {
    expect(html(createElement(Price, { minor: 999, beforeMinor: 1999, currency: 'EUR' }))).toMatch(
      /€9\.99.*before: .*€19\.99/,
    )
  })
})

describe('money', () => {
  test('has as many digits as its currency', () => {
    expect(formatMoney(1999, 'EUR')).toBe('€19.99')
    expect(formatMoney(5, 'EUR')).toBe('€0.05')
    expect(formatMoney(-5, 'EUR')).toBe('-€0.05')
    expect(formatMoney(1200, 'JPY')).toBe('¥1,200')
    expect(formatMoney(1_234_567, 'KWD', 'en')).toMatch(/1,234\.567/)
  })

  test('the largest amounts are exact', () => {
    expect(formatMoney(Number.MAX_SAFE_INTEGER, 'EUR')).toBe('€90,071,992,547,409.91')
  })

  test('what is written into a form comes back as it went', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
        expect(parseMoney(moneyForInput(minor, currency), currency)).toBe(minor)
      }),
    )
  })

  test.each(['', 'abc', '-1', '1.999', '1e3', '1,2,3', '0x10'])('"%s" is no amount in euro', (text) => {
    expect(parseMoney(text, 'EUR')).toBeUndefined()
  })
})
