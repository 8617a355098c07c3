/** Help: one screen for all, every flag of a command, and a method's own defaults. */
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '.';
import { CATALOGUE } from '../../method/catalogue';
import { EXITS } from '../exit-codes';
import { commandHelp, globalHelp, methodHelp } from '../help';
import { flagsOf } from '../method-flags';

function fits(text: string): void {
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
}

describe('help', () => {
  it('fits on a screen of 24 × 80 and says every exit status', () => {
    const text = globalHelp(COMMANDS);
    fits(text);
    expect(text.split('\n').length).toBeLessThan(24);
    for (const { code, when } of Object.values(EXITS)) expect(text).toContain(`${code}  ${when}`);
    for (const { name } of COMMANDS) expect(text).toContain(`  ${name} `);
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))('of %s lists every flag', (_, command) => {
    const text = commandHelp(command);
    fits(text);
    const listed = new Set([...text.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name]) => name));
    const own = [...Object.keys(command.flags), ...(command.methods ? ['method'] : []), 'json'];
    expect([...listed].sort()).toEqual(own.sort());
  });

  const [quantize] = COMMANDS.filter(({ name }) => name === 'quantize');

  it.each(CATALOGUE.map((face) => [face.id, face] as const))('of method %s lists its flags alone', (id, face) => {
    const text = methodHelp(quantize, id);
    fits(text);
    const listed = [...text.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name]) => name);
    expect(listed).toEqual(Object.keys(flagsOf(id)));
    expect(listed).toHaveLength(Object.keys(face.parameters).length);
  });

  it('of a method has its own default, with its unit', () => {
    const words = (id: string) => methodHelp(quantize, id).replaceAll(/\s+/g, ' ');
    expect(words('gptaq')).toContain('--alpha N Share of the input deviation');
    expect(words('gptaq')).toContain('0 to 1; default 0.25.');
    expect(words('shift')).toContain('0 to 1; default 0.5.');
    expect(words('gptq')).toContain('0 to 1 of the mean diagonal; default 0.01.');
    expect(words('gptq')).toContain('8 to 65536 inputs; default none: per row.');
    expect(words('gptvq')).toContain('64 to 1073741824 weights; default 2048 weights.');
  });
});
