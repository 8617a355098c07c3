/** `npm run -s cli -- COMMAND …`: builds the command line when a source is newer, then runs it with a Vulkan driver in reach. */
import { runBundle } from './run-bundle.mjs';

process.exit(await runBundle('cli.js'));
