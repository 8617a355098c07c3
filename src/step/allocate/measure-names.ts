/** How what a layer loses is measured; the work of each is in measures.ts. */
export const MEASURES = ['hessian', 'output', 'weight', 'kl', 'upgrade', 'gradient', 'trace'] as const;

export type Measure = (typeof MEASURES)[number];
