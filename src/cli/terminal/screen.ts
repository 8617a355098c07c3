/**
 * Where progress is shown: on a terminal a few lines that are drawn again in place, below what is said for good; elsewhere only what is
 * said for good, line by line. There is no colour. Lines are cut to the terminal's width, so that drawing again clears what was drawn.
 */

/** What of a stream is needed; process.stderr is one. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Milliseconds between two drawings. */
const DRAW_EVERY = 100;
const DEFAULT_COLUMNS = 80;

export class Screen {
  /** Whether lines can be drawn again. */
  readonly live: boolean;
  #shown = 0;
  #drawnAt = -Infinity;

  constructor(
    private readonly terminal: Terminal,
    private readonly silent: boolean,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    // A dumb terminal cannot move its cursor.
    this.live = !silent && terminal.isTTY === true && environment.TERM !== 'dumb';
  }

  get columns(): number {
    return this.terminal.columns || DEFAULT_COLUMNS;
  }

  /** Says a line for good. */
  say(line: string): void {
    if (this.silent) return;
    this.clear();
    this.terminal.write(`${line}\n`);
  }

  /** Shows lines in place of those shown before; does nothing where they could not be taken back. */
  show(make: (columns: number) => readonly string[], now: number, atOnce = false): void {
    if (!this.live || (!atOnce && now - this.#drawnAt < DRAW_EVERY)) return;
    this.#drawnAt = now;
    // The last column stays free: a full line would wrap on some terminals, and then be two.
    const lines = make(this.columns - 1).map((line) => cut(line, this.columns - 1));
    this.clear();
    this.terminal.write(lines.map((line) => `${line}\n`).join(''));
    this.#shown = lines.length;
  }

  clear(): void {
    if (this.#shown === 0) return;
    // Up, then erase to the end of the screen (ECMA-48: CUU, ED).
    this.terminal.write(`\x1b[${this.#shown}A\r\x1b[J`);
    this.#shown = 0;
  }
}

/** A text of at most so many characters; what was cut off is marked. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}
