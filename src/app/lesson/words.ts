/** What all lessons say: the list, the frame around a chapter, the player, and the link that a teacher gives. */
import type { Hideable, LessonId } from '../../lesson/lessons';
import { inLanguage } from '../language/in-language';

export const lessonWords = {
  title: 'Lessons',
  lead: 'Real numbers from a real layer, small enough to see each one. Everything is computed in this tab; no GPU is needed.',
  list: {
    residuals: {
      title: 'Where does the rounding error go?',
      about:
        'RTN, GPTQ, GPTAQ, ResComp and Shift on one small matrix, column by column, forwards and backwards: what is rounded, what moves to make up for it, and what it does to the output.',
    },
    codebooks: {
      title: 'What is a codebook?',
      about: 'Weights in pairs as points in a plane, and a few points that stand for all of them.',
    },
    rotation: {
      title: 'Why rotate?',
      about:
        'One large input spoils the grid of all others. Scaling and rotating spread it, and the layer computes the same.',
    },
  } satisfies Record<LessonId, { title: string; about: string }>,
  chaptersIn: (n: number) => `${n} chapters`,
  begin: 'Begin',
  unknown: (name: string) => `There is no lesson “${name}”. These there are:`,
  all: 'All lessons',
  chapters: 'Chapters',
  chapter: (n: number, of: number) => `Chapter ${n} of ${of}`,
  chapterLink: (n: number, title: string) => `Chapter ${n}: ${title}`,
  previous: 'Previous chapter',
  next: (title: string) => `Next: ${title}`,
  finish: 'To all lessons',
  ignored: (parts: string) => `Not all of this address could be read, and that was left out or clamped: ${parts}`,
  check: 'Check',
  right: 'Right.',
  wrong: 'Not quite.',
  stage: 'The lesson’s figures',
  present: 'Present',
  leavePresent: 'Leave the presentation',
  openInStudio: 'Open the lesson here in the studio',
  keys: 'Keys: the left and right arrows go a step, Home and End to the first and the last, Space plays, Page Up and Page Down change the chapter.',
  keysTerms: (count: number) => `1 to ${count} switch the terms.`,
  player: {
    group: 'Steps',
    scrubber: 'Step',
    first: 'First step',
    back: 'One step back',
    play: 'Play',
    pause: 'Pause',
    forward: 'One step on',
    last: 'Last step',
    speed: 'Speed',
    step: (n: number, of: number) => `Step ${n} of ${of}`,
  },
  teacher: {
    title: 'A link for your class',
    text: 'It opens this lesson as it stands here: chapter, step, data and settings. What is ticked is left out.',
    hide: 'Leave out',
    parts: {
      formula: 'formula and symbols',
      terms: 'choice of method, switches of terms',
      sliders: 'sliders',
      grid: 'bits and groups',
      seed: 'choice of data',
      chart: 'line of the output error',
      strip: 'all the seeds',
      answers: 'answers to the questions',
    } satisfies Record<Hideable, string>,
    present: 'opens as a presentation',
    copy: 'Copy the link',
    copyFrame: 'Copy for another page (HTML)',
    frameText: 'In another page stand the figure and its sentence alone, to be stepped through; settings are left out.',
    copied: (n: number) => `Copied, ${n} characters.`,
    failed: 'The browser did not let the page write to the clipboard. What it would have copied:',
  },
  hiddenHere: 'Some parts are left out by the link you came with.',
};

await inLanguage({ lessonWords }, { 'zh-CN': () => import('./words.zh-CN') });
