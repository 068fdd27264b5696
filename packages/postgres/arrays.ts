/**
 * Array parameters whose elements need no escaping, written at once. The driver escapes every element of an array by
 * itself, with two regular expressions each, and a batch of orders has ten arrays. Free text goes as an array.
 */
export const uuidArray = (ids: readonly (string | null)[]): string => {
  let text = '{'
  for (let index = 0; index < ids.length; index += 1) {
    const id = ids[index] as string | null
    // Anything that is no id would be refused by the server's cast; a comma or brace must not get that far.
    if (id !== null && id.length !== 36) throw new TypeError(`not an id: ${id}`)
    text += index === 0 ? (id ?? 'null') : `,${id ?? 'null'}`
  }
  return `${text}}`
}

export const integerArray = (values: readonly number[]): string => {
  for (const value of values) if (!Number.isSafeInteger(value)) throw new TypeError(`not a whole number: ${value}`)
  return `{${values.join(',')}}`
}
