import { describe, expect, it } from 'vitest';
import { COMMANDS } from '.';

describe('the usage of a command', () => {
  it.each(COMMANDS.map((command) => [command.name, command] as const))('%s lists every flag', (_, { usage, flags }) => {
    const listed = new Set(usage.match(/--[\w-]+/g));
    for (const flag of Object.keys(flags)) {
      // What is on unless it is switched off is listed by the flag that does so.
      expect(listed.has(`--${flag}`) || listed.has(`--no-${flag}`), flag).toBe(true);
    }
    expect([...listed].filter((flag) => !Object.hasOwn(flags, flag.slice(2)))).toEqual([]);
  });
});
