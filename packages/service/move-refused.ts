/** Nothing happened, or everything is as it was before. */
export class MoveRefused extends Error {}

/** The process that moves is gone, or another has taken its move over: it tidies up nothing. */
export class MoverKilled extends Error {}
