import { type ActionFunctionArgs, redirect } from 'react-router'
import { langOf, pathIn } from '../i18n/languages.ts'
import { visitContext } from '../visit.server.ts'

export async function action({ context, request }: ActionFunctionArgs) {
  const visit = context.get(visitContext)
  // Whatever the API says: here nobody is signed in afterwards.
  if (visit.session.tokens !== undefined) await visit.souk.logOut().catch(() => {})
  visit.signOut()
  throw redirect(pathIn(langOf(new URL(request.url).pathname), '/'))
}

export const loader = ({ request }: { request: Request }) =>
  redirect(pathIn(langOf(new URL(request.url).pathname), '/'))
