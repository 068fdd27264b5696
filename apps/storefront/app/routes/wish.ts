import { type ActionFunctionArgs, redirect } from 'react-router'
import { failureOf, nextOf, textOf, type Answered } from '../forms.server.ts'
import { visitContext } from '../visit.server.ts'
import { langOf, pathIn } from '../i18n/languages.ts'

/** Keeps a product for later. Needs to know for whom. */
export async function action({ context, request }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  const form = await request.formData()
  const next = nextOf(textOf(form, 'next'), '/account/wishlist')
  if (visit.shopper === undefined || visit.shopper.guest)
    throw redirect(`${pathIn(langOf(next), '/sign-in')}?next=${encodeURIComponent(next)}`)
  try {
    const product = { path: { productId: textOf(form, 'productId') } }
    await (form.get('intent') === 'remove' ? visit.souk.removeWish(product) : visit.souk.addWish(product))
    return { ok: true }
  } catch (error) {
    return failureOf(error)
  }
}
