/** fs-extra, handed down by who has loaded it: no other command should wait for it. */
export type FileSystem = typeof import('fs-extra');
