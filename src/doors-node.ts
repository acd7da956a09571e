/** Doors that need Node.js. An entry of its own: `citadel-sandbox/doors/node`. */
export { sqliteKeyValueStore } from './doors/node/sqlite.ts';
