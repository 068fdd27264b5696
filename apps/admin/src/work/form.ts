/** What was written into a field, without the blanks around it. */
export const word = (form: FormData, name: string): string => raw(form, name).trim()

/** As it was written: for passwords and texts. */
export const raw = (form: FormData, name: string): string => {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
