import { ideas } from './ideas.zh-CN';
import { options } from './options.zh-CN';
import { papers } from './papers.zh-CN';

export const said: Readonly<Record<string, string>> = { ...ideas, ...options, ...papers };
