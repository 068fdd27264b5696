import { notFound } from '../answers.server.ts'

export const loader = () => {
  throw notFound()
}

export default function Nowhere() {
  return null
}
