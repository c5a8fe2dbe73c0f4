if(shown_content = '原文', change_content, shown_content)
