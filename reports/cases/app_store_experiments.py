def experiments():
    return []
