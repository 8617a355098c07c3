/** The studio's version, for reports of failures. */
import { version } from '../../package.json';

export const VERSION = version;
