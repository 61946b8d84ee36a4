/** The values of one key of a systemd unit, in the order of the file; continued lines are not looked at. */
export function unitValues(text: string, key: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

/** What a unit's processes may do at most, as setpriv(1) takes it: `-all,+sys_admin,…`. */
export function boundingSet(text: string): string {
  const names = unitValues(text, 'CapabilityBoundingSet').flatMap((value) => value.split(' '));
  return ['-all', ...names.map((name) => `+${name.replace('CAP_', '').toLowerCase()}`)].join(',');
}
