import { type LoaderFunctionArgs, redirect } from 'react-router'
import { reading } from '../answers.server.ts'
import { langOf, pathIn } from '../i18n/languages.ts'
import { visitContext } from '../visit.server.ts'

/** Where payment providers send people back to: to the order, which shows how it went. */
export const loader = ({ context, params, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn({ orGuest: true })
    const payment = await visit.souk.getPayment({ path: { paymentId: params.paymentId ?? '' } })
    throw redirect(pathIn(langOf(new URL(request.url).pathname), `/orders/${payment.orderId}`))
  })

export default function Payment() {
  return null
}
