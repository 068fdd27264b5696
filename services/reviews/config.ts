/** Nothing to be set: what a marketplace wants to decide about reviews, its moderators decide. */
export const reviewConfig = {}
