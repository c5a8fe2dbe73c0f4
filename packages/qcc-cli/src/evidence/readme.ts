/** Explains a bundle and how to check it, for readers without the pipeline. */
export const renderReadme = (input: { recordId: string; account: string; createdAt: string; hasPassword: boolean }) => {
  const { recordId, account, createdAt } = input;
  return `企查查变更记录证据包 / Evidence for a QCC change record

记录 ID / record id: ${recordId}
账号 / account: ${account}
生成时间 / made at: ${createdAt}

【中文】
本文件夹说明企查查（QCC）推送了什么，以及据此入库了什么：
- manifest.json            目录：该记录的每次推送（订单号、解析轮次、位置）、对应文件、缺失项
- archives/*.zip           企查查交付的加密压缩包，除 manifest.json 标明 "rewritten": true 的以外，逐字节未改动；
                           *.json 为保存时的说明，密码已封存
- records/*.json           从压缩包 result 数组相应位置原样截取的记录
- answers/*.json           详情接口的回答原文（body，此后依法删除的姓名除外）、HTTP 状态、请求与接收时间、SHA-256
- rows.jsonl               ClickHouse 中该记录每次推送的最新版本
- SHA256SUMS               以上文件的哈希，校验：sha256sum -c SHA256SUMS
核对方法：计算压缩包的 SHA-256，与 rows.jsonl 中的 archive_sha256 比较；用密码（AES-256）打开压缩包，
取 result 数组第 position 个元素（从 0 起），与 records/ 中的文件比较。
${input.hasPassword ? '压缩包密码在 archives/*.password.txt。' : '压缩包密码未包含在内；需要时用 --with-password 重新生成。'}
manifest.json 中 "rewritten": true 表示压缩包因删除数据（npx qcc erase）而重新生成：被删除的内容已不在其中，其余记录未改动。
其 SHA-256 见 archives/*.json 的 rewrites；archive_sha256 仍是交付时的哈希，二者不同。
manifest.json 中 "unconfirmed": true 表示压缩包取自回调链接，未经企查查签名下载核对，不能证明由企查查交付。
注意：压缩包还含有其他企业的记录，可能含个人信息，请按《个人信息保护法》限制传阅。

[English]
This folder shows what QCC delivered, and what was stored from it:
- manifest.json            every occurrence of the record (order, revision, position), its files, and what is missing
- archives/*.zip           the encrypted archives as QCC delivered them, byte for byte, unless manifest.json says
                           "rewritten": true; *.json has the notes from when the archive was stored; the password in it
                           is sealed
- records/*.json           the record as it is in the archive, cut out of the array "result"
- answers/*.json           each response of the detail endpoint: body as received (without names that were erased later), HTTP
                           status, times, SHA-256
- rows.jsonl               the newest version of each occurrence of the record in ClickHouse's history
- SHA256SUMS               hashes of these files; check with: sha256sum -c SHA256SUMS
To verify: compare the archive's SHA-256 with archive_sha256 in rows.jsonl; open it with its password (AES-256), take the
element of "result" at "position" (from 0), and compare it with the file in records/.
${input.hasPassword ? "The archive's password is in archives/*.password.txt." : 'The password is not included; if you need it, make the bundle again with --with-password.'}
If manifest.json says "rewritten": true, an erasure removed data from the archive and wrote it again. All other records in it are
unchanged. Its SHA-256 is among "rewrites" in archives/*.json. archive_sha256 is still the hash of the delivered archive.
If manifest.json says "unconfirmed": true, the archive came from a callback's link. No signed fetch has confirmed it, so nothing
proves that QCC delivered it.
Note: the archive holds records of other companies too, and may name people. Share it only with people who need it.
`;
};
