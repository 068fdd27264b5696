import type { LoaderFunctionArgs } from 'react-router'
import { redirect } from 'react-router'
import { langOf, pathIn } from '../i18n/languages.ts'

export const loader = ({ request }: LoaderFunctionArgs) =>
  redirect(pathIn(langOf(new URL(request.url).pathname), '/account/preferences'))
