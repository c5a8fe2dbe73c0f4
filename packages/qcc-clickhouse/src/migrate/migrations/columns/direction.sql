    -- Only the text says whether something began or ended (document 6.2.6). A text that matches none of these conditions is unclear.
    multiIf(
      type IN ('2', '10', '15') AND match(ifNull(change_content, ''), '移出|移除|恢复正常'), '移出',
      type IN ('2', '10', '15') AND match(ifNull(change_content, ''), '列入'), '列入',
      type = '11' AND match(ifNull(change_content, ''), '移出|移除|撤销|删除|屏蔽|减少'), '移出',
      type = '11' AND match(ifNull(change_content, ''), '新增|列入'), '新增',
      type = '3' AND match(ifNull(change_content, ''), '未公示'), '新增',
      type IN ('1', '4', '5', '6', '7', '8', '12', '14') AND ifNull(change_content, '') != '', '变更',
      NULL
    )
