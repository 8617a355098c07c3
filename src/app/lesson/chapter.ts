/** What the frame of a lesson knows of it: a chapter's words, and of the state what all lessons have. */
import type { Hideable } from '../../lesson/lessons';

export interface ChapterWords {
  readonly title: string;
  readonly text: readonly string[];
  readonly question: string;
  readonly answers: readonly { readonly text: string; readonly why: string }[];
  /** Which answer is right. */
  readonly right: number;
}

export interface FrameValues {
  /** Chapter, from 1. */
  readonly c: number;
  /** Step. */
  readonly s: number;
  /** What is hidden. */
  readonly h: readonly Hideable[];
  /** As a presentation. */
  readonly p: boolean;
}
