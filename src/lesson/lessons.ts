/** Which lessons there are, in the order in which they are offered. Their words and screens are the page's. */
export const LESSONS = ['residuals', 'codebooks', 'rotation'] as const;
export type LessonId = (typeof LESSONS)[number];

export function isLesson(id: string | null): id is LessonId {
  return LESSONS.some((one) => one === id);
}

/** What a teacher's link may leave out: the same for all lessons. */
export const HIDEABLE = ['formula', 'terms', 'sliders', 'grid', 'seed', 'chart', 'strip', 'answers'] as const;
export type Hideable = (typeof HIDEABLE)[number];

/** Where a step of a recipe is shown at work: the address of a chapter. */
const SHOWN_IN: Readonly<Record<string, string>> = {
  rtn: 'residuals',
  gptq: 'residuals?c=3&s=2&m=gptq&v=vectors,update',
  gptaq: 'residuals?c=5&s=2&m=gptaq&v=vectors,update',
  gptq_r: 'residuals?c=6&s=20&m=gptq_r&v=vectors,update',
  rescomp: 'residuals?c=6&s=20&m=rescomp&v=vectors,update',
  shift: 'residuals?c=8&m=shift&v=update,error',
  kmeans: 'codebooks?c=2',
  gptvq: 'codebooks?c=3',
  vq4dit: 'codebooks?c=4',
  ssvq: 'codebooks?c=5',
  vq4all: 'codebooks?c=6',
  smooth: 'rotation?c=3&k=1',
  rotate: 'rotation?c=4',
  rotate_inputs: 'rotation?c=4',
};

/** The address of the chapter that shows it; null where none does. */
export function chapterOn(step: string): string | null {
  return Object.hasOwn(SHOWN_IN, step) ? `#/lesson/${SHOWN_IN[step]}` : null;
}
