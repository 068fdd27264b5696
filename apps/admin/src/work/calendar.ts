const two = (value: number) => value.toString().padStart(2, '0')

/** Days and months are those of whoever looks: local time. */
export const dayKey = (day: Date): string => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`

/** For an input of type datetime-local. */
export const localInput = (at: Date): string => `${dayKey(at)}T${two(at.getHours())}:${two(at.getMinutes())}`

/** First day of the month, or of one so many months away. */
export const monthOf = (day: Date, offset = 0): Date => new Date(day.getFullYear(), day.getMonth() + offset, 1)

/** The weeks that a month touches, Monday first, whole. */
export function weeksOf(month: Date): Date[][] {
  const first = monthOf(month)
  const lead = (first.getDay() + 6) % 7
  const days = new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate()
  return Array.from({ length: Math.ceil((lead + days) / 7) }, (_, week) =>
    Array.from({ length: 7 }, (_, day) => new Date(first.getFullYear(), first.getMonth(), week * 7 + day - lead + 1)),
  )
}
