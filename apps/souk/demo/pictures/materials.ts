export const steel = '#b9c2c8'
export const steelDark = '#8b969d'
/** Painted and plain wood, as on tools. */
export const handles = ['#c98f4b', '#b5533f', '#3d6f78', '#d0a23b'] as const
/** Book cloth and other quiet covers. */
export const covers = ['#b5533f', '#2f5f73', '#5d7350', '#c79a3b', '#6a4c6d', '#364a63'] as const
