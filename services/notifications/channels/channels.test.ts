import { generateKeyPairSync } from 'node:crypto'
import { parseEnv } from '@souk/service'
import { startFcm, startSendGrid, startSmtp, startTwilio, startWhatsApp } from '@souk/stand-ins/messages/index'
import { expect, test } from 'vitest'
import { channelConformance } from '../channel.conformance.ts'
import { config } from '../config.ts'
import { openFcm } from './fcm.ts'
import { configuredChannels } from './index.ts'
import { openSendGrid } from './sendgrid.ts'
import { openSmtp } from './smtp.ts'
import { openTwilio } from './twilio.ts'
import { openWhatsApp } from './whatsapp.ts'

const settings = (env: Record<string, string> = {}) => parseEnv(env, config)
/** Where somebody was and nobody is any more. */
const gone = await startSmtp()
const nobody = gone.url.replace('smtp:', 'http:')
await gone.close()
const mailbox = (index: number) => `reader${index}@people.example`
const phone = (index: number) => `+4917012345${String(index).padStart(3, '0')}`

const smtp = await startSmtp()
const smtpTo = (url: string) => openSmtp(settings({ SMTP_URL: url, MAIL_FROM: 'Souk <souk@souk.example>' }))
channelConformance({
  name: 'SMTP',
  standIn: smtp,
  provider: smtpTo(smtp.url),
  nowhere: smtpTo(gone.url),
  address: mailbox,
  ownWords: true,
  knowsId: true,
})

const apiKey = 'SG.stand-in'
const sendgrid = await startSendGrid(apiKey)
const sendGridTo = (url: string) => openSendGrid(settings({ SENDGRID_API_KEY: apiKey, SENDGRID_URL: url }))
channelConformance({
  name: 'SendGrid',
  standIn: sendgrid,
  provider: sendGridTo(sendgrid.url),
  nowhere: sendGridTo(nobody),
  address: mailbox,
  ownWords: true,
  knowsId: true,
})

const account = { sid: `AC${'0'.repeat(32)}`, token: 'stand-in' }
const twilio = await startTwilio(account.sid, account.token)
const twilioTo = (url: string) =>
  openTwilio(
    settings({
      TWILIO_ACCOUNT_SID: account.sid,
      TWILIO_AUTH_TOKEN: account.token,
      TWILIO_URL: url,
      SMS_FROM: '+15005550006',
    }),
  )
channelConformance({
  name: 'Twilio',
  standIn: twilio,
  provider: twilioTo(twilio.url),
  nowhere: twilioTo(nobody),
  address: phone,
  ownWords: true,
  knowsId: false,
})

const whatsapp = await startWhatsApp('1055', 'EAAG')
const whatsAppTo = (url: string) =>
  openWhatsApp(settings({ WHATSAPP_TOKEN: 'EAAG', WHATSAPP_PHONE_ID: '1055', WHATSAPP_URL: url }))
channelConformance({
  name: 'WhatsApp',
  standIn: whatsapp,
  provider: whatsAppTo(whatsapp.url),
  nowhere: whatsAppTo(nobody),
  address: phone,
  ownWords: false,
  knowsId: true,
})

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const fcm = await startFcm('souk-demo', 'sender@souk-demo.example', publicKey)
const fcmTo = (url: string) =>
  openFcm(
    settings({
      FCM_URL: url,
      FCM_SERVICE_ACCOUNT: JSON.stringify({
        project_id: 'souk-demo',
        client_email: 'sender@souk-demo.example',
        private_key: privateKey,
        token_uri: `${url}/token`,
      }),
    }),
  )
channelConformance({
  name: 'Firebase',
  standIn: fcm,
  provider: fcmTo(fcm.url),
  nowhere: fcmTo(nobody),
  address: (index) => `device:token_${index}`,
  ownWords: true,
  knowsId: true,
})

test('a mail is readable without HTML and with it, and written by a machine', () => {
  const [mail] = smtp.raw
  expect(mail).toContain('Content-Type: multipart/alternative')
  expect(mail).toContain('Auto-Submitted: auto-generated')
  expect(mail).toMatch(/^Message-ID: <[0-9a-f-]{36}@souk\.example>$/im)
})

test('a hundred mails are one call to SendGrid, each with its own words', async () => {
  const one = (index: number) => ({
    messageId: `m${index}`,
    to: mailbox(index),
    kind: 'notice' as const,
    language: 'en' as const,
    subject: `S${index}`,
    text: `T${index} {{x}} -text-`,
    html: `<p>H${index}</p>`,
    shopName: 'x',
    values: [],
  })
  const again = await startSendGrid(apiKey)
  const provider = sendGridTo(again.url)
  await provider.send([one(1), one(2)], new AbortController().signal)
  expect(again.taken).toEqual(
    [1, 2].map((index) => ({
      to: mailbox(index),
      subject: `S${index}`,
      text: `T${index} {{x}} -text-`,
      html: `<p>H${index}</p>`,
      id: `m${index}`,
    })),
  )
  await again.close()
})

test('without settings nothing leaves the house; with them each way opens by itself', () => {
  const open = (env: Record<string, string>) => configuredChannels(settings(env)).map(({ channel }) => channel)
  expect(open({})).toEqual([])
  expect(open({ SMTP_URL: 'smtp://localhost', WHATSAPP_TOKEN: 'x' })).toEqual(['email'])
  expect(open({ SENDGRID_API_KEY: 'x', SMTP_URL: 'smtp://localhost' })).toEqual(['email'])
})
