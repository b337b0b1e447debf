"""What is in a text: links, names, hashtags, words and hidden characters; and how to cut one."""
