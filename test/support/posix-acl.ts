const ACL_VERSION = 2;
const USER_OBJ = 0x01;
const USER = 0x02;
const GROUP_OBJ = 0x04;
const MASK = 0x10;
const OTHER = 0x20;
const NO_ID = 0xffffffff;

/**
 * The value of `system.posix_acl_access` or `system.posix_acl_default`: owner rwx, one more user as told, group
 * r-x, mask rwx, others none.
 *
 * @param uid - the further user
 * @param permissions - his bits, 0 to 7
 */
export function posixAcl(uid: number, permissions: number): Buffer {
  const entries = [
    [USER_OBJ, 7, NO_ID],
    [USER, permissions, uid],
    [GROUP_OBJ, 5, NO_ID],
    [MASK, 7, NO_ID],
    [OTHER, 0, NO_ID],
  ] as const;
  const value = Buffer.alloc(4 + 8 * entries.length);
  value.writeUInt32LE(ACL_VERSION, 0);
  entries.forEach(([tag, bits, id], i) => {
    value.writeUInt16LE(tag, 4 + 8 * i);
    value.writeUInt16LE(bits, 6 + 8 * i);
    value.writeUInt32LE(id, 8 + 8 * i);
  });
  return value;
}
