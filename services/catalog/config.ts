/** The catalogue has no settings yet: what a shop sells is in its data. */
export const catalogConfig = {}
