/**
 * The version of the engine's results. Raised whenever the same recipe may give other numbers; a run that an older version started
 * is then not resumed but refused, because it would mix two.
 */
export const ENGINE_VERSION = '6';
