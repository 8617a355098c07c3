/** The time that is left as a person is shown it. */

/** The estimate as it is shown: it does not count up unless it was wrong by half. */
export interface ShownEta {
  readonly seconds: number;
  /** True once the whole will take longer than the plan's upper end. */
  readonly longer: boolean;
}

export function shownEta(before: ShownEta | null, estimate: number | null, longer: boolean): ShownEta | null {
  if (estimate === null) return null;
  if (before === null || estimate <= before.seconds || estimate > before.seconds * 1.5 + 2)
    return { seconds: estimate, longer };
  return { ...before, longer };
}
