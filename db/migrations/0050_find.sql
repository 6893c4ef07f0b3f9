-- Heads and anchors are found by their hashes, certificates by their serial. Entries have no index of their own: each costs
-- every append, and their leaves are found in the tiles, some thousands of them at a time.
create index checkpoints_root on checkpoints (root);
create index anchors_root on anchors (root);
create index anchors_transaction on anchors (transaction);
create index anchors_block on anchors (block_hash);
create index certificates_serial on certificates (serial);
